import { expect, it } from 'vitest'
import { BehindMeter, behindBytes } from './behind-meter'

it('is silent about little', () => {
  const meter = new BehindMeter()
  expect(meter.measure(behindBytes, 0)).toBeNull()
  expect(meter.isBehind).toBe(false)
})

it('tells how far, again only when it changed much, and once that it has caught up', () => {
  const meter = new BehindMeter()
  const size = 100 * behindBytes
  expect(meter.measure(size, 0)).toBe(size)
  expect(meter.measure(size, 10 * behindBytes)).toBeNull()
  expect(meter.measure(size, 30 * behindBytes)).toBe(70 * behindBytes)
  expect(meter.measure(size, size - 1000)).toBe(0)
  expect(meter.measure(size, size)).toBeNull()
})

it('goes on telling down to the last bytes once it has begun', () => {
  const meter = new BehindMeter()
  meter.measure(2 * behindBytes, 0)
  expect(meter.measure(2 * behindBytes, behindBytes + behindBytes / 2)).toBe(behindBytes / 2)
})
