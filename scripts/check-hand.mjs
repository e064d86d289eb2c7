/** The prebuilt binaries of the hand must match the sources beside them: `npm run hand` builds them. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './building/freshness.mjs'

const folder = path.join(root, 'lib', 'engine', 'isolation', 'hand')
const sums = readFileSync(path.join(folder, 'prebuilt', 'SHA256SUMS'), 'utf8')
  .trim()
  .split('\n')
const changed = sums
  .map((line) => line.split(/\s+/))
  .filter(
    ([sum, name = '']) =>
      createHash('sha256')
        .update(readFileSync(path.join(folder, name)))
        .digest('hex') !== sum,
  )
for (const [, name] of changed) console.log(`hand: ${name} is not what SHA256SUMS says; run "npm run hand".`)
process.exitCode = changed.length === 0 && sums.length === 6 ? 0 : 1
