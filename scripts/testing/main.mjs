import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureInstalled } from '../launcher/install.mjs'
import { say, warn } from '../launcher/say.mjs'
import { ensureBrowser } from './browser.mjs'
import { ensurePrograms } from './programs.mjs'
import { suites, usual } from './suites.mjs'
import { crashed, line, sum, summary } from './tally.mjs'

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => name !== 'all' && !(name in suites))
if (unknown.length > 0) {
  console.error(`test: ${unknown.join(' ')} is not known; the suites are ${Object.keys(suites).join(', ')} and all.`)
  process.exit(2)
}
const wanted = asked.includes('all') ? Object.keys(suites) : asked.length > 0 ? asked : usual

const scratch = await mkdtemp(path.join(tmpdir(), 'sandglass-test-'))
const tallies = []
try {
  await ensureInstalled()
  if (wanted.some((name) => !['check', 'unit'].includes(name))) await ensurePrograms()
  const browser = wanted.includes('browser') ? await ensureBrowser() : null

  for (const name of wanted) {
    const begun = performance.now()
    say(`\n── ${name} ──`)
    const tally = await suites[name]({ scratch, browser })
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    say(`── ${line({ name: `${name}:`, ...tally })} (${seconds} s) ──`)
    for (const problem of tally.problems) warn(problem)
    tallies.push({ name, ...tally })
  }
} catch (error) {
  console.error(error.name === 'PlainError' ? error.message : error)
  tallies.push({ name: 'preparation', ...crashed(error.message) })
} finally {
  await rm(scratch, { recursive: true, force: true })
}

const total = sum(tallies)
say('')
for (const text of summary(tallies)) say(text)
const ran = total.passed > 0 || tallies.some(({ notRun }) => notRun)
process.exit(total.failed === 0 && ran ? 0 : 1)
