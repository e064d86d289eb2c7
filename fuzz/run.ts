/** A fuzz run: a number of exchanges, several at a time, and the findings. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import type { EngineFixture } from '../lib/engine/test/engine-fixture'
import { plantAttacker } from './attacker'
import { startBystander } from './bystander'
import { httpBytes } from './cases/http-bytes'
import { multipart } from './cases/multipart'
import { requests } from './cases/requests'
import { sockets } from './cases/sockets'
import { runExchange } from './exchange'
import type { ExchangeCase } from './exchange-case'
import { holdingOf, leftOver, type Watched, watchedProcesses } from './resources'
import { type KnownRoute, knownRoutes } from './routes'
import { clear, createWorld, tidy, type World } from './world'

export interface FuzzOptions {
  readonly seed: number
  readonly count: number
  /** Run only this case of the seed. */
  readonly only?: number
  say?(line: string): void
}

export interface Finding {
  /** The number of the case, for `only`; null if it does not belong to one case. */
  readonly index: number | null
  readonly what: string
}

export interface FuzzReport {
  readonly findings: Finding[]
  /** The number of exchanges of each kind. */
  readonly kinds: Record<string, number>
  readonly bystander: { commands: number; lines: number }
  /** How often the attacker inside tried each action. */
  readonly attacker: Readonly<Record<string, number>>
}

const concurrency = 24
/** After this many cases, leftovers are removed and the logs are checked. */
const batch = 500
const warmUp = 300

export async function fuzz(engine: EngineFixture, options: FuzzOptions): Promise<FuzzReport> {
  const { seed, count, only, say = () => {} } = options
  const routes = await knownRoutes()
  let world = await createWorld(engine)
  const bystander = await startBystander(engine)
  const kept = new Set([bystander.sandboxId])
  const attacker = plantAttacker(engine, world.sandboxId, seed)
  const findings: Finding[] = []
  const kinds: Record<string, number> = {}
  const logs = new LogReader(engine, [world.sandboxId, bystander.sandboxId])
  const watched = await watchedProcesses(engine.pid, engine.dataDir, [world.sandboxId, bystander.sandboxId])

  const runBatch = async (seedOf: number, from: number, to: number, note: (finding: Finding) => void) => {
    const cases = caseMaker(routes, world, seedOf)
    let next = from
    const work = async () => {
      while (next < to) {
        const index = next
        next += 1
        const exchange = cases(index)
        kinds[exchange.kind] = (kinds[exchange.kind] ?? 0) + 1
        const { port, socketPath } = world
        const fault = await runExchange(
          exchange,
          exchange.to === 'engine' ? { host: '127.0.0.1', port } : { path: socketPath },
          attacker.heard,
        )
        if (fault) note({ index, what: `${exchange.kind} ${exchange.title} (${exchange.to}): ${fault}` })
      }
    }
    await attacker.start()
    await Promise.all(Array.from({ length: Math.min(concurrency, to - from) }, work))
    for (const what of await attacker.stop()) note({ index: null, what: `cases ${from} to ${to - 1}: ${what}` })
    for (const line of await logs.unexpected()) note({ index: null, what: `cases ${from} to ${to - 1}: ${line}` })
    for (const { name, pid } of watched) {
      if (!(await isAlive(pid))) throw new Error(`${name} exited during cases ${from} to ${to - 1} of seed ${seedOf}`)
    }
    world = await tidy(engine, world, kept)
  }

  if (only !== undefined) {
    await runBatch(seed, only, only + 1, (finding) => findings.push(finding))
  } else {
    // Fill pools and caches and compile code before the first measurement.
    await runBatch(~seed, 0, Math.min(warmUp, count), () => {})
    await clear(engine, world.sandboxId)
    const before = new Map<Watched, Awaited<ReturnType<typeof holdingOf>>>()
    for (const each of watched) before.set(each, await holdingOf(each.pid))
    for (let from = 0; from < count; from += batch) {
      await runBatch(seed, from, Math.min(count, from + batch), (finding) => findings.push(finding))
      say(`${Math.min(count, from + batch)} of ${count}, ${findings.length} findings`)
    }
    await clear(engine, world.sandboxId)
    for (const what of await leftOver(before)) findings.push({ index: null, what })
  }
  const { faults, ...done } = await bystander.finish()
  for (const id of [world.sandboxId, world.decoyId, bystander.sandboxId]) await engine.api('DELETE', `/sandbox/${id}`)
  for (const what of faults) findings.push({ index: null, what: `bystander: ${what}` })
  return { findings, kinds, bystander: done, attacker: attacker.tried }
}

/** A case is the same in every run of a seed, except for ids of objects created for the run. */
function caseMaker(routes: readonly KnownRoute[], world: World, seed: number): (index: number) => ExchangeCase {
  const any = fc.oneof(
    { weight: 9, arbitrary: requests(routes, world) },
    { weight: 4, arbitrary: sockets(routes, world) },
    { weight: 4, arbitrary: httpBytes(world) },
    { weight: 3, arbitrary: multipart(world) },
  )
  return (index) => {
    const [made] = fc.sample(any, { seed: (seed ^ Math.imul(index + 1, 0x9e3779b1)) | 0, numRuns: 1 })
    if (!made) throw new Error(`case ${index} could not be generated`)
    return made
  }
}

async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !/\) [ZX]/.test(stat)
}

/** Finds unexpected lines that the engine and the toolboxes have logged since the last call. */
class LogReader {
  private readonly read = new Map<string, number>()

  constructor(
    private readonly engine: EngineFixture,
    private readonly sandboxIds: readonly string[],
  ) {}

  async unexpected(): Promise<string[]> {
    const found = this.newIn('engine', this.engine.log)
    for (const id of this.sandboxIds) {
      const file = path.join(this.engine.dataDir, 'sandboxes', id, 'state', 'toolbox.log')
      found.push(...this.newIn(id, await readFile(file, 'utf8').catch(() => '')))
    }
    return found
  }

  private newIn(name: string, text: string): string[] {
    const lines = text.slice(this.read.get(name) ?? 0).split('\n')
    this.read.set(name, text.length)
    const bad = lines.filter((line) => /uncaught exception|unhandled rejection|failed"|\bError\b|Warning/.test(line))
    const counts = new Map<string, number>()
    for (const line of bad) counts.set(line, (counts.get(line) ?? 0) + 1)
    return [...counts].map(([line, times]) => `log of ${name}: ${line}${times > 1 ? ` (${times} times)` : ''}`)
  }
}
