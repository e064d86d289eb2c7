/** Many commands in sequence, many at once: the last must be as fast as the first, and leave nothing behind. */

import { type Holding, holdingOf, leftOver, type Watched, watchedProcesses } from '../../fuzz/resources'
import type { Bench } from '../bench'
import { EngineClient } from '../engine-client'
import { type Measure, ms } from '../measure'
import { spreadOf } from '../statistics'

const count = 10_000
const concurrency = 200
const compared = 1_000
const growth = 1.2

export const manyCommands: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const client = new EngineClient(bench.connection, concurrency)
  try {
    // Open connections, create pipes and compile code before the first measurement.
    await run(client, sandbox.id, concurrency * 5)
    const before = await holdings(bench, sandbox.id)
    const startedAt = performance.now()
    const elapsed = await run(client, sandbox.id, count)
    const seconds = (performance.now() - startedAt) / 1000
    const left = await leftOver(before)
    if (left.length > 0) throw new Error(`after ${count} commands, resources are left:\n${left.join('\n')}`)
    const first = spreadOf(elapsed.slice(0, compared))
    const last = spreadOf(elapsed.slice(-compared))
    return [
      {
        what: `${count} commands, ${concurrency} at once: p95 of the last ${compared}`,
        floor: `${ms(first.p95)} (the first ${compared})`,
        measured: `${ms(last.p95)}, ${(count / seconds).toFixed(0)} commands/s, nothing left`,
        ratio: last.p95 / first.p95,
        target: `≤ ${ms(first.p95 * growth)}`,
        reached: last.p95 <= first.p95 * growth,
        figures: { first, last, seconds },
      },
    ]
  } finally {
    client.close()
    await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  }
}

/** Milliseconds of each command, in starting order. Throws at the first wrong output. */
async function run(client: EngineClient, sandboxId: string, total: number): Promise<number[]> {
  const elapsed: number[] = []
  let next = 0
  const work = async () => {
    while (next < total) {
      const index = next
      next += 1
      const startedAt = performance.now()
      const { exitCode, result } = await client.toolbox<{ exitCode: number; result: string }>(
        sandboxId,
        'POST',
        '/process/execute',
        { command: `echo ${index}` },
      )
      elapsed[index] = performance.now() - startedAt
      if (exitCode !== 0 || result !== `${index}\n`)
        throw new Error(`command ${index} printed ${JSON.stringify(result)}`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return elapsed
}

async function holdings({ product }: Bench, sandboxId: string): Promise<Map<Watched, Holding>> {
  const engine = await product.pidOf('engine')
  const held = new Map<Watched, Holding>()
  for (const each of await watchedProcesses(engine, product.dataDir, [sandboxId]))
    held.set(each, await holdingOf(each.pid))
  return held
}
