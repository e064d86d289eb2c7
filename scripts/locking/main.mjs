import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../building/freshness.mjs'
import { complete, lockProblems, missingEntries } from './platform-packages.mjs'

const file = path.join(root, 'package-lock.json')
const lock = JSON.parse(await readFile(file, 'utf8'))

if (process.argv.includes('--check')) {
  const problems = lockProblems(lock)
  for (const problem of problems) console.error(`package-lock.json: ${problem}`)
  if (problems.length > 0) {
    console.error('Run "npm run lock" and commit the file.')
    process.exitCode = 1
  }
} else {
  const count = missingEntries(lock).length
  if (count > 0) {
    await writeFile(`${file}.draft`, `${JSON.stringify(complete(lock), null, 2)}\n`)
    await rename(`${file}.draft`, file)
  }
  console.log(`package-lock.json: ${count} entries added`)
}
