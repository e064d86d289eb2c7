import { expect, test } from 'vitest'
import { CpuSamples } from './cpu-samples'

const used = (cpuTicks: number, startTicks = 10) => ({ pid: 7, startTicks, cpuTicks })

test('the first sample has no shares; a later one has the shares since then', () => {
  const samples = new CpuSamples()
  const first = samples.compare([used(100)], 0)
  expect([first.intervalMs, first.percentOf(used(100))]).toEqual([null, null])
  const second = samples.compare([used(150)], 2_000)
  expect([second.intervalMs, second.percentOf(used(150))]).toEqual([2_000, 25])
})

test('samples in quick succession are compared with one that is old enough', () => {
  const samples = new CpuSamples()
  samples.compare([used(0)], 0)
  expect(samples.compare([used(10)], 100).intervalMs).toBeNull()
  samples.compare([used(100)], 1_000)
  expect(samples.compare([used(120)], 1_400).intervalMs).toBe(1_400)
  expect(samples.compare([used(130)], 1_500).intervalMs).toBe(500)
})

test('a process that was not in the earlier sample has no share, even if its pid was in use', () => {
  const samples = new CpuSamples()
  samples.compare([used(100)], 0)
  const { percentOf } = samples.compare([used(5, 900)], 1_000)
  expect(percentOf(used(5, 900))).toBeNull()
})

test('a sample that is too old is dropped', () => {
  const samples = new CpuSamples()
  samples.compare([used(100)], 0)
  expect(samples.compare([used(100)], 60_000).intervalMs).toBeNull()
})
