import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PlainError } from '../errors.mjs'
import { ensureInstalled } from '../launcher/install.mjs'
import { say, warn } from '../launcher/say.mjs'
import { ensureBrowser, ensureFirefox } from './browser.mjs'
import { ensureAsciinema, ensurePrograms, ensureProxies } from './programs.mjs'
import { allSuites, suites, usualSuites } from './suites.mjs'
import { crashed, line, sum, summary } from './tally.mjs'

const args = process.argv.slice(2)
const unknown = args.filter((name) => name !== 'all' && !allSuites.some((suite) => suite === name))
if (unknown.length > 0) {
  console.error(`test: unknown suite ${unknown.join(' ')}; the suites are ${allSuites.join(', ')} and all.`)
  process.exit(2)
}
const named = allSuites.filter((name) => args.includes(name))
const requested = args.includes('all') ? allSuites : named.length > 0 ? named : usualSuites

const scratch = await mkdtemp(path.join(tmpdir(), 'sandglass-test-'))
const tallies = []
try {
  await ensureInstalled()
  if (requested.some((name) => !['check', 'unit'].includes(name))) await ensurePrograms()
  if (requested.includes('browser')) await ensureProxies()
  if (requested.includes('browser-slow')) await ensureFirefox()
  if (requested.includes('slow')) await ensureAsciinema()
  const browser = requested.some((name) => name.startsWith('browser')) ? await ensureBrowser() : null

  for (const name of requested) {
    const started = performance.now()
    say(`\n── ${name} ──`)
    const tally = await suites[name]({ scratch, browser })
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    say(`── ${line({ ...tally, name: `${name}:` })} (${seconds} s) ──`)
    for (const problem of tally.problems) warn(problem)
    tallies.push({ name, ...tally })
  }
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  console.error(error instanceof PlainError ? message : error)
  tallies.push({ name: 'preparation', ...crashed(message) })
} finally {
  await rm(scratch, { recursive: true, force: true })
}

const total = sum(tallies)
say('')
for (const text of summary(tallies)) say(text)
const ran = total.passed > 0 || tallies.some(({ notRun }) => notRun)
process.exit(total.failed === 0 && ran ? 0 : 1)
