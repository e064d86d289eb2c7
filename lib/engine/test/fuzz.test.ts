/** Malformed requests, frames and bodies leave the engine, its toolboxes and everybody else as they were. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FuzzReport, fuzz } from '@/fuzz/run'
import { type EngineFixture, startEngine } from './engine-fixture'

/** A twentieth of what `npm run fuzz` tries, of one seed that is always the same and of one that never is. */
const count = 1_000
const randomSeed = Math.floor(Math.random() * 2 ** 31)

let engine: EngineFixture
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

function found({ findings }: FuzzReport): string[] {
  return findings.map(({ index, what }) => `case ${index ?? '–'}: ${what}`)
}

test.each([1, randomSeed])(
  'nothing is found with the seed %i',
  async (seed) => {
    const report = await fuzz(engine, { seed, count })
    expect(found(report)).toEqual([])
    expect(Object.keys(report.kinds).sort()).toEqual(['bytes', 'multipart', 'request', 'socket'])
    expect(report.bystander.commands).toBeGreaterThan(0)
    expect(report.bystander.lines).toBeGreaterThan(0)
    expect(Object.keys(report.attacker)).toEqual(
      expect.arrayContaining(['link', 'exchanges', 'fifo', 'unix_socket', 'device', 'mounts', 'signals']),
    )
  },
  300_000,
)
