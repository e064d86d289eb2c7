/**
 * `npm run bench:web [pages|terminal]`: what the console's pages cost a browser. Prints a table and writes
 * bench/results/web-<time>.json. Exits with 1 when a measurement failed; missed targets are not errors.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import path from 'node:path'
import { chromium } from '@playwright/test'
import { launchProduct } from '../../e2e/support/product'
import { measurePages } from './pages'
import { measureTerminal } from './terminal'
import type { WebBench, WebResult } from './web-bench'

const measures = { pages: measurePages, terminal: measureTerminal }
type Name = keyof typeof measures
const known = Object.keys(measures) as Name[]
const names = process.argv.slice(2)
const unknown = names.filter((name) => !known.some((one) => one === name))
if (unknown.length > 0) {
  console.error(`bench:web: unknown measures: ${unknown.join(' ')}; known ones are ${known.join(', ')}.`)
  process.exit(2)
}

const loadBefore = loadavg()[0] ?? 0
const product = await launchProduct()
const connection = await product.connection()
const browser = await chromium.launch({
  executablePath: process.env.SANDGLASS_BROWSER ?? '',
  args: ['--no-sandbox', '--enable-precise-memory-info'],
})
const results: WebResult[] = []
let failed = false
try {
  const first = await browser.newContext()
  await (await first.newPage()).goto(connection.signInUrl)
  const bench: WebBench = { connection, browser, session: await first.storageState() }
  await first.close()
  for (const name of known) {
    if (names.length > 0 && !names.includes(name)) continue
    console.log(`measuring ${name}`)
    try {
      results.push(...(await measures[name](bench)))
    } catch (error) {
      failed = true
      console.error(`bench:web: ${name} failed:`, error)
    }
  }
} finally {
  await browser.close()
  await product.stop()
  await rm(product.dataDir, { recursive: true, force: true })
}

const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version, loadBefore }
console.table(results.map(({ figures: _figures, ...row }) => row))
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, load ${loadBefore.toFixed(1)}`)
if (loadBefore > machine.cores / 2) console.log('Other programs kept this machine busy: times are unreliable.')
const folder = path.join(import.meta.dirname, '..', 'results')
const file = path.join(folder, `web-${new Date().toISOString().replaceAll(':', '-')}.json`)
await mkdir(folder, { recursive: true })
await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), machine, results }, null, 2)}\n`)
console.log(`written to ${path.relative(process.cwd(), file)}`)
process.exit(failed ? 1 : 0)
