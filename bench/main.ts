/**
 * `npm run bench [names…]`: measure the product, each figure beside its floor from the same run. Prints a table and writes
 * bench/results/<time>.json. Exits with 1 when a measurement failed or a result was wrong; slow results are not errors.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { arch, cpus, loadavg, release, totalmem } from 'node:os'
import path from 'node:path'
import { openBench } from './bench'
import type { Measure, Result } from './measure'
import { audit } from './measures/audit'
import { commands } from './measures/commands'
import { files } from './measures/files'
import { firstResult } from './measures/first-result'
import { history } from './measures/history'
import { interpreter } from './measures/interpreter'
import { journal } from './measures/journal'
import { live } from './measures/live'
import { logs } from './measures/logs'
import { manyCommands } from './measures/many-commands'
import { manySandboxes } from './measures/many-sandboxes'
import { terminal } from './measures/terminal'
import { typescript } from './measures/typescript'
import { formatTable } from './table'

const measures: Record<string, Measure> = {
  commands,
  'first-result': firstResult,
  journal,
  logs,
  live,
  files,
  terminal,
  interpreter,
  typescript,
  audit,
  history,
  'many-commands': manyCommands,
  'many-sandboxes': manySandboxes,
}
const names = process.argv.slice(2)
const unknown = names.filter((name) => !(name in measures))
if (unknown.length > 0) {
  console.error(`bench: unknown measures: ${unknown.join(' ')}; known ones are ${Object.keys(measures).join(', ')}.`)
  process.exit(2)
}

/** Load of the last minute: more than the number of cores means that other work was measured too. */
const loadBefore = loadavg()[0] ?? 0
const bench = await openBench()
const results: Result[] = []
let failed = false
try {
  for (const [name, measure] of Object.entries(measures)) {
    if (names.length > 0 && !names.includes(name)) continue
    console.log(`measuring ${name}`)
    try {
      results.push(...(await measure(bench)))
    } catch (error) {
      failed = true
      console.error(`bench: ${name} failed:`, error)
    }
  }
} finally {
  await bench.close()
}

const isolation = /\(isolation: (.*)\)/.exec(bench.product.output())?.[1] ?? 'unknown'
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memory: totalmem(),
  system: `Linux ${release()} ${arch()}`,
  node: process.version,
  isolation,
  loadBefore,
}
console.log(`\n${formatTable(results)}\n`)
console.log(
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, isolation ${isolation}, load ${loadBefore.toFixed(1)}`,
)
if (loadBefore > machine.cores / 2) console.log('Other programs kept this machine busy: the figures are unreliable.')

const folder = path.join(import.meta.dirname, 'results')
const file = path.join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`)
await mkdir(folder, { recursive: true })
await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), machine, results }, null, 2)}\n`)
console.log(`written to ${path.relative(process.cwd(), file)}`)
process.exit(failed ? 1 : 0)
