/** The time of one small command, for each way to run it. */
import { spawnOnce } from '../floors'
import { type Measure, ms, type Result } from '../measure'
import { spreadOf } from '../statistics'

const rounds = 200
const warmUp = 20
const allowance = 4

export const commands: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const execute = await besideSpawn('POST process/execute of true, p50', async () => {
    await bench.client.toolbox(sandbox.id, 'POST', '/process/execute', { command: 'true' })
  })
  await bench.client.toolbox(sandbox.id, 'POST', '/process/session', { sessionId: 'bench' })
  const session = await besideSpawn('session command true, waited for, p50', async () => {
    await bench.client.toolbox(sandbox.id, 'POST', '/process/session/bench/exec', { command: 'true' })
  })
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  return [execute, session]
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
    target: `≤ ${ms(floor.p50 + allowance)}`,
    reached: measured.p50 <= floor.p50 + allowance,
    figures: { floor, measured },
  }
}
