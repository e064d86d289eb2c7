/** The time of one small command, for each way to run it. */

import type { Bench } from '../bench'
import { EngineClient } from '../engine-client'
import { spawnOnce } from '../floors'
import { type Measure, ms, type Result } from '../measure'
import { spreadOf } from '../statistics'

const rounds = 200
const warmUp = 20
const allowance = 4
const burst = 200
const bursts = 5

export const commands: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const execute = await besideSpawn('POST process/execute of true, p50', async () => {
    await bench.client.toolbox(sandbox.id, 'POST', '/process/execute', { command: 'true' })
  })
  const atOnce = await burstBesideSpawns(bench, sandbox.id)
  await bench.client.toolbox(sandbox.id, 'POST', '/process/session', { sessionId: 'bench' })
  const session = await besideSpawn('session command true, waited for, p50', async () => {
    await bench.client.toolbox(sandbox.id, 'POST', '/process/session/bench/exec', { command: 'true' })
  })
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  return [execute, atOnce, session]
}

async function burstBesideSpawns(bench: Bench, sandboxId: string): Promise<Result> {
  const client = new EngineClient(bench.connection, burst)
  const floors: number[] = []
  const calls: number[] = []
  try {
    for (let round = -1; round < bursts; round += 1) {
      const floor = await allAtOnce(() => spawnOnce('sh', ['-c', 'true']))
      const elapsed = await allAtOnce(() => client.toolbox(sandboxId, 'POST', '/process/execute', { command: 'true' }))
      if (round < 0) continue
      floors.push(...floor)
      calls.push(...elapsed)
    }
  } finally {
    client.close()
  }
  const floor = spreadOf(floors)
  const measured = spreadOf(calls)
  return {
    what: `${burst} executes of true at once, p95`,
    floor: ms(floor.p95),
    measured: `${ms(measured.p95)} (p50 ${ms(measured.p50)})`,
    ratio: measured.p95 / floor.p95,
    target: `≤ ${ms(2 * floor.p95)}`,
    reached: measured.p95 <= 2 * floor.p95,
    figures: { floor, measured },
  }
}

/** Milliseconds of each of many calls that start together. */
async function allAtOnce(call: () => Promise<unknown>): Promise<number[]> {
  const timed = async () => {
    const startedAt = performance.now()
    await call()
    return performance.now() - startedAt
  }
  return await Promise.all(Array.from({ length: burst }, timed))
}

async function besideSpawn(what: string, call: () => Promise<void>): Promise<Result> {
  const floors: number[] = []
  const calls: number[] = []
  for (let round = -warmUp; round < rounds; round += 1) {
    const floor = await spawnOnce('sh', ['-c', 'true'])
    const startedAt = performance.now()
    await call()
    const elapsed = performance.now() - startedAt
    if (round < 0) continue
    floors.push(floor)
    calls.push(elapsed)
  }
  const floor = spreadOf(floors)
  const measured = spreadOf(calls)
  return {
    what,
    floor: ms(floor.p50),
    measured: `${ms(measured.p50)} (p95 ${ms(measured.p95)})`,
    ratio: measured.p50 / floor.p50,
    target: `≤ ${ms(floor.p50 + allowance)}`,
    reached: measured.p50 <= floor.p50 + allowance,
    figures: { floor, measured },
  }
}
