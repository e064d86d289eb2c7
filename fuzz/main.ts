/**
 * `npm run fuzz [-- --seed N] [--count N] [--only N]`: malformed requests, frames and bodies against an engine of its
 * own, while an enemy inside the sandbox does what harm it can. The same seed makes the same cases; `--only` repeats
 * one. Ends with 1 when anything was found.
 */
import { parseArgs } from 'node:util'
import { startEngine } from '../lib/engine/test/engine-fixture'
import { fuzz } from './run'

const usualCount = 20_000
const mostShown = 400

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string' }, only: { type: 'string' } },
})
const seed = number('seed', Math.floor(Math.random() * 2 ** 31))
const count = number('count', usualCount)
const only = values.only === undefined ? undefined : number('only', 0)

console.log(`fuzz: seed ${seed}, ${only === undefined ? `${count} cases` : `case ${only}`}`)
const begun = performance.now()
const engine = await startEngine()
try {
  const report = await fuzz(engine, { seed, count, only, say: (line) => console.log(`fuzz: ${line}`) })
  for (const { index, what } of report.findings.slice(0, mostShown)) {
    console.error(`fuzz: ${index === null ? '' : `case ${index}: `}${what}`)
  }
  const kinds = Object.entries(report.kinds).map(([kind, cases]) => `${cases} ${kind}`)
  const { commands, lines } = report.bystander
  console.log(`fuzz: ${kinds.join(', ')}; meanwhile ${commands} commands and ${lines} followed lines of others`)
  const harm = Object.entries(report.enemy).map(([what, times]) => `${times} ${what}`)
  console.log(`fuzz: the enemy inside tried ${harm.join(', ')}`)
  console.log(`fuzz: ${report.findings.length} findings in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  process.exitCode = report.findings.length === 0 ? 0 : 1
} finally {
  await engine.stop()
}

function number(name: 'seed' | 'count' | 'only', usual: number): number {
  const value = values[name] === undefined ? usual : Number(values[name])
  if (Number.isSafeInteger(value) && value >= 0) return value
  console.error(`fuzz: --${name} takes a whole number`)
  process.exit(2)
}
