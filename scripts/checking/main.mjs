import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../building/freshness.mjs'

/** Import direction is a set of rules in biome.json (`noRestrictedImports`). */
const checks = [
  { name: 'format and lint', args: [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'] },
  // Types that an older build generated speak of pages that may be gone: the sources are checked without them.
  { name: 'types', args: [bin('typescript/bin/tsc'), '--noEmit', '--project', 'scripts/checking/tsconfig.json'] },
  { name: 'dead code', args: [bin('knip/bin/knip.js'), '--no-progress', '--no-config-hints'] },
  { name: 'prebuilt hand', args: ['scripts/check-hand.mjs'] },
  { name: 'lock file', args: ['scripts/complete-lock.mjs', '--check'] },
]

function bin(file) {
  return path.join('node_modules', file)
}

const begun = performance.now()
const results = await Promise.all(checks.map(run))
for (const { name, code, output } of results) {
  if (code !== 0) console.error(`${output.trimEnd()}\n`)
  console.log(`check: ${name} ${code === 0 ? 'ok' : 'FAILED'}`)
}
console.log(`check: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
const [flag, reportFile] = process.argv.slice(2)
if (flag === '--report' && reportFile) {
  const report = results.map(({ name, code, output }) => ({ name, failed: code !== 0, output }))
  writeFileSync(reportFile, JSON.stringify(report))
}
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1

function run({ name, args }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (text) => {
      output += text
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.once('error', reject)
    child.once('close', (code) => resolve({ name, code, output }))
  })
}
