/**
 * `npm run attack [-- all] [-- setup…] [--only attack] [--rounds N] [--report file]`: attack the production build from
 * inside sandboxes, as a client and as a page. Prints "N held, N broken" and exits with 1 if anything is broken.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findProgram } from '../lib/settings/programs'
import { attacksOn } from './attacks'
import { runAttacks, type Verdict } from './run-attacks'
import { type Effort, type Setup, setups } from './setups'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '1' },
    report: { type: 'string' },
    list: { type: 'boolean', default: false },
    /** Set for the child process that runs a setup in its own network. */
    apart: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) refuse('--rounds must be a whole number of at least 1')
const known = setups.map(({ name }) => name)
const unknown = positionals.filter((name) => name !== 'all' && !known.includes(name))
if (unknown.length > 0) refuse(`unknown setups: ${unknown.join(' ')}; known ones are ${known.join(', ')} and all`)
const isWanted = ({ name, usual }: Setup) =>
  positionals.length === 0 ? usual : positionals.includes('all') || positionals.includes(name)
const isUsual = positionals.length === 0
const isRoot = process.getuid?.() === 0

if (values.list) {
  for (const setup of setups.filter(isWanted)) {
    for (const { name, lines, description } of attacksOn(setup, isUsual)) {
      console.log(`${setup.name}/${name} (${lines.join(', ')}): ${description}`)
    }
  }
  process.exit(0)
}

const verdicts: Verdict[] = []
const skippedSetups: string[] = []
const startedAt = performance.now()
for (const setup of setups.filter(isWanted)) {
  const why = impossible(setup)
  if (why) {
    skippedSetups.push(`${setup.name}: ${why}`)
    continue
  }
  const attacks = attacksOn(setup, isUsual).filter(({ name }) => !values.only || values.only.includes(name))
  if (attacks.length === 0) continue
  if (setup.stage === 'network' && !values.apart) verdicts.push(...(await runApart(setup)))
  else {
    console.log(`attack: ${setup.name} (${setup.about})`)
    const effort: Effort = { rounds }
    verdicts.push(...(await runAttacks(setup, attacks, effort, (line) => console.log(`attack: ${line}`))))
  }
}

const broken = verdicts.filter(({ breaches }) => breaches.length > 0)
const held = verdicts.length - broken.length
if (values.report) writeFileSync(values.report, JSON.stringify({ verdicts, skippedSetups }))
if (!values.apart) {
  for (const what of skippedSetups) console.log(`attack: not run: ${what}`)
  console.log(`attack: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
  console.log(`attack: ${held} held, ${broken.length} broken`)
}
process.exit(broken.length > 0 || verdicts.length === 0 ? 1 : 0)

/** Why a setup cannot run on this machine, or as this user; null if it can. */
function impossible({ user, stage, without, isolates }: Setup): string | null {
  if (!isRoot && (user === 'root' || without.length > 0)) return 'it needs root'
  if (isolates !== false && !findProgram('bwrap')) return 'bubblewrap is not installed'
  if (stage === 'network' && !findProgram('ip')) return 'ip (package iproute2) is not installed'
  if (stage === 'network' && !findProgram('slirp4netns')) return 'slirp4netns is not installed'
  return null
}

/** Runs a setup in a separate network, where the addresses that a sandbox may not reach can be created. */
async function runApart(setup: Setup): Promise<Verdict[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-attack-report-'))
  const report = path.join(folder, 'report.json')
  try {
    const only = (values.only ?? []).flatMap((name) => ['--only', name])
    const again = [process.execPath, ...process.execArgv, import.meta.filename, setup.name, '--apart', ...only]
    const args = [...again, '--rounds', String(rounds), '--report', report]
    const child = spawn('unshare', ['--net', '--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...args], {
      stdio: 'inherit',
    })
    const code = await new Promise((resolve) => child.once('exit', resolve))
    try {
      return JSON.parse(readFileSync(report, 'utf8')).verdicts
    } catch {
      return [{ setup: setup.name, attack: 'all', breaches: [`the setup could not run: exit code ${code}`] }]
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function refuse(sentence: string): never {
  console.error(`attack: ${sentence}.`)
  process.exit(2)
}
