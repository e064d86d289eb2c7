/** The cost of a code run in JavaScript, compared with a bare Node, and of one in TypeScript beside that. */
import { spawnOnce } from '../floors'
import { type Measure, ms } from '../measure'
import { spreadOf } from '../statistics'

const rounds = 60
const warmUp = 5
const factor = 1.15
const bareFactor = 1.5

/** With `NODE_EXTRA_CA_CERTS`, Node reads all certificates at its start. */
const { NODE_EXTRA_CA_CERTS: _certificates, ...withoutCertificates } = process.env

export const typescript: Measure = async (bench) => {
  const sandbox = await bench.createSandbox()
  const run = async (language: 'javascript' | 'typescript', code: string) => {
    const startedAt = performance.now()
    const request = { language, code }
    const { result } = await bench.client.toolbox<{ result: string }>(sandbox.id, 'POST', '/process/code-run', request)
    const elapsed = performance.now() - startedAt
    if (result !== '1\n') throw new Error(`the ${language} run printed ${JSON.stringify(result)}`)
    return elapsed
  }
  const bares: number[] = []
  const floors: number[] = []
  const runs: number[] = []
  for (let round = -warmUp; round < rounds; round += 1) {
    const bare = await spawnOnce(process.execPath, ['-e', 'console.log(1)'], withoutCertificates)
    const floor = await run('javascript', 'const one = 1\nconsole.log(one)')
    const elapsed = await run('typescript', 'const one: number = 1\nconsole.log(one)')
    if (round < 0) continue
    bares.push(bare)
    floors.push(floor)
    runs.push(elapsed)
  }
  await bench.client.api('DELETE', `/sandbox/${sandbox.id}`)
  const bare = spreadOf(bares)
  const floor = spreadOf(floors)
  const measured = spreadOf(runs)
  const share = measured.p50 / floor.p50
  return [
    {
      what: 'code run in JavaScript, p50',
      floor: ms(bare.p50),
      measured: ms(floor.p50),
      ratio: floor.p50 / bare.p50,
      target: `≤ ${bareFactor} ×`,
      reached: floor.p50 <= bareFactor * bare.p50,
      figures: { floor: bare, measured: floor },
    },
    {
      what: 'code run in TypeScript beside JavaScript, p50',
      floor: ms(floor.p50),
      measured: ms(measured.p50),
      ratio: share,
      target: `≤ ${factor} ×`,
      reached: share <= factor,
      figures: { floor, measured },
    },
  ]
}
