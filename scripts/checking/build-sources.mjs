/**
 * What a part of the product imports belongs to its sources: otherwise a change there would not build it again. Prints one
 * line for each file that is missing.
 */
import { partNames, sourcesOf } from '../building/freshness.mjs'
import { imports } from './imports.mjs'

/** @type {Map<string, string[]>} */
const targets = new Map()
for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to])

let found = 0
for (const part of partNames) {
  const listed = sourcesOf(part)
  const isListed = (/** @type {string} */ file) => listed.some((name) => file === name || file.startsWith(`${name}/`))
  for (const [from, imported] of targets) {
    if (!isListed(from) || from.startsWith('scripts/')) continue
    for (const to of imported.filter((file) => !isListed(file))) {
      found += 1
      console.log(`${from} imports ${to}, which is not among the sources of the part "${part}" in freshness.mjs`)
    }
  }
}
process.exitCode = found === 0 ? 0 : 1
