/**
 * `npm run fuzz [-- --seed N] [--count N] [--only N]`: send malformed requests, frames and bodies to a separate engine, while
 * an attacker inside the sandbox does damage. A seed always gives the same cases; `--only` repeats one of them. Exits with 1 if
 * there are findings.
 */
import { parseArgs } from 'node:util'
import { startEngine } from '../lib/engine/test/engine-fixture'
import { fuzz } from './run'

const defaultCount = 20_000
const maxShown = 400

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string' }, only: { type: 'string' } },
})
const seed = number('seed', Math.floor(Math.random() * 2 ** 31))
const count = number('count', defaultCount)
const only = values.only === undefined ? undefined : number('only', 0)

console.log(`fuzz: seed ${seed}, ${only === undefined ? `${count} cases` : `case ${only}`}`)
const startedAt = performance.now()
const engine = await startEngine()
try {
  const report = await fuzz(engine, { seed, count, only, say: (line) => console.log(`fuzz: ${line}`) })
  for (const { index, what } of report.findings.slice(0, maxShown)) {
    console.error(`fuzz: ${index === null ? '' : `case ${index}: `}${what}`)
  }
  const kinds = Object.entries(report.kinds).map(([kind, cases]) => `${cases} ${kind}`)
  const { commands, lines } = report.bystander
  console.log(`fuzz: ${kinds.join(', ')}; bystander: ${commands} commands and ${lines} followed lines`)
  const harm = Object.entries(report.attacker).map(([what, times]) => `${times} ${what}`)
  console.log(`fuzz: the attacker inside tried ${harm.join(', ')}`)
  console.log(`fuzz: ${report.findings.length} findings in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
  process.exitCode = report.findings.length === 0 ? 0 : 1
} finally {
  await engine.stop()
}

function number(name: 'seed' | 'count' | 'only', usual: number): number {
  const value = values[name] === undefined ? usual : Number(values[name])
  if (Number.isSafeInteger(value) && value >= 0) return value
  console.error(`fuzz: --${name} must be a whole number`)
  process.exit(2)
}
