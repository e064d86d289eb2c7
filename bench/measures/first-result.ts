/** The time from a create request to the first result of a code run. */
import { existsSync } from 'node:fs'
import type { Bench } from '../bench'
import { spawnOnce } from '../floors'
import { type Measure, ms } from '../measure'
import { spreadOf } from '../statistics'

const rounds = 15
const allowance = 40

export const firstResult: Measure = async (bench) => {
  const floors: number[] = []
  const firsts: number[] = []
  const creates: number[] = []
  const python = await interpreterOf(bench)
  for (let round = -1; round < rounds; round += 1) {
    await bench.untilWarm()
    const floor = await spawnOnce(python, ['-c', 'print(1)'])
    const startedAt = performance.now()
    const sandbox = await bench.createSandbox()
    const created = performance.now() - startedAt
    const response = await bench.client.toolbox<{ result: string }>(sandbox.id, 'POST', '/process/code-run', {
      code: 'print(1)',
      language: 'python',
    })
    const first = performance.now() - startedAt
    if (response.result !== '1\n') throw new Error(`the code run printed ${JSON.stringify(response.result)}`)
    await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
    if (round < 0) continue
    floors.push(floor)
    creates.push(created)
    firsts.push(first)
  }
  const floor = spreadOf(floors)
  const first = spreadOf(firsts)
  const create = spreadOf(creates)
  return [
    {
      what: 'create → first print(1), warm, p50',
      floor: ms(floor.p50),
      measured: `${ms(first.p50)} (create ${ms(create.p50)})`,
      ratio: first.p50 / floor.p50,
      target: `≤ ${ms(floor.p50 + allowance)}`,
      reached: first.p50 <= floor.p50 + allowance,
      figures: { python, floor, measured: first, create },
    },
  ]
}

/** The interpreter inside sandboxes: outside, `python3` may be another one, or a version manager's shim. */
async function interpreterOf(bench: Bench): Promise<string> {
  const sandbox = await bench.createSandbox()
  const { result } = await bench.client.toolbox<{ result: string }>(sandbox.id, 'POST', '/process/code-run', {
    code: 'import sys; print(sys.executable)',
    language: 'python',
  })
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  const file = result.trim()
  return existsSync(file) ? file : 'python3'
}
