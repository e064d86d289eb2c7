import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../building/freshness.mjs'

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {string[]} args for node
 */

/** @type {Check[]} */
const checks = [
  { name: 'format and lint', args: [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'] },
  // Types that an older build generated may describe deleted pages, so the sources are checked without them.
  { name: 'types', args: [bin('typescript/bin/tsc'), '--noEmit', '--project', 'scripts/checking/tsconfig.json'] },
  {
    name: 'types of scripts',
    args: [bin('typescript/bin/tsc'), '--noEmit', '--project', 'scripts/checking/tsconfig.scripts.json'],
  },
  { name: 'dead code', args: [bin('knip/bin/knip.js'), '--no-progress', '--no-config-hints'] },
  { name: 'modules', args: ['scripts/checking/modules.mjs'] },
  { name: 'sources of builds', args: ['scripts/checking/build-sources.mjs'] },
  { name: 'retired words', args: ['scripts/checking/words.mjs'] },
  { name: 'unit tests', args: ['scripts/checking/unit-tests.mjs'] },
  { name: 'long comments', args: ['scripts/checking/comments.mjs'] },
  { name: 'documentation links', args: ['scripts/checking/links.mjs'] },
  { name: 'prebuilt hand', args: ['scripts/check-hand.mjs'] },
  { name: 'script budget', args: ['scripts/checking/script-budget.mjs'] },
  { name: 'lock file', args: ['scripts/checking/lock.mjs'] },
]

/** @param {string} file */
function bin(file) {
  return path.join('node_modules', file)
}

const started = performance.now()
const results = await Promise.all(checks.map(run))
for (const { name, code, output } of results) {
  if (code !== 0) console.error(`${output.trimEnd()}\n`)
  console.log(`check: ${name} ${code === 0 ? 'ok' : 'FAILED'}`)
}
console.log(`check: ${((performance.now() - started) / 1000).toFixed(1)} s`)

const [flag, reportFile] = process.argv.slice(2)
if (flag === '--report' && reportFile) {
  const report = results.map(({ name, code, output }) => ({ name, failed: code !== 0, output }))
  writeFileSync(reportFile, JSON.stringify(report))
}
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1

/**
 * @param {Check} check
 * @returns {Promise<Check & {code: number | null, output: string}>}
 */
function run(check) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, check.args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ ...check, code, output }))
  })
}
