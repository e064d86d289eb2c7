/**
 * Fails when the scripts of a page exceed its budget by more than 5 %. With an up-to-date build the sizes are those of the
 * build; without one they are the sizes that `--update` recorded in script-budget.json after the last change. With
 * `--built` it fails without a build.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fingerprints, root, stale } from '../building/freshness.mjs'
import { measureScripts } from './script-sizes.mjs'

const file = path.join(root, 'scripts', 'checking', 'script-budget.json')
const tolerance = 1.05
/**
 * `targetKb`: what a page should load at most. Pages that do not reach it yet have a larger budget.
 * @type {Record<string, {targetKb: number, budgetKb: number, measuredKb: number}>}
 */
const recorded = JSON.parse(readFileSync(file, 'utf8'))
const update = process.argv.includes('--update')
const isBuilt =
  existsSync(path.join(root, '.next', 'BUILD_ID')) && !(await stale(await fingerprints())).includes('next')
if ((update || process.argv.includes('--built')) && !isBuilt) {
  console.log('There is no up-to-date build; run "npm run build" first.')
  process.exit(1)
}

/** Sizes in kB (1,000 bytes), by the name of the page. */
const sizes = isBuilt
  ? Object.fromEntries(Object.entries(measureScripts()).map(([name, bytes]) => [name, Math.round(bytes / 100) / 10]))
  : Object.fromEntries(Object.entries(recorded).map(([name, { measuredKb }]) => [name, measuredKb]))

let exceeded = 0
for (const [name, { budgetKb }] of Object.entries(recorded)) {
  const size = sizes[name] ?? Number.POSITIVE_INFINITY
  if (size <= budgetKb * tolerance) continue
  exceeded += 1
  console.log(`The page "${name}" loads ${size} kB of scripts; its budget is ${budgetKb} kB.`)
}
if (update) {
  for (const [name, entry] of Object.entries(recorded)) entry.measuredKb = sizes[name] ?? 0
  writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`)
  console.table(recorded)
}
process.exitCode = exceeded === 0 ? 0 : 1
