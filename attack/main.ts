/**
 * `npm run attack [-- all] [-- setup…] [--only attack] [--rounds N] [--report file]`: attack the production build from
 * inside sandboxes, as a client and as a page. Ends with "N held, N broken" and with 1 when anything is broken.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findProgram } from '../lib/engine/isolation/programs'
import type { Effort } from './attack'
import { attacksOn } from './attacks'
import { play, type Verdict } from './play'
import { type Setup, setups } from './setups'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '1' },
    report: { type: 'string' },
    list: { type: 'boolean', default: false },
    /** Set for the child that plays a setup in a network of its own. */
    apart: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) refuse('--rounds takes a whole number from 1')
const known = setups.map(({ name }) => name)
const unknown = positionals.filter((name) => name !== 'all' && !known.includes(name))
if (unknown.length > 0) refuse(`${unknown.join(' ')} is not known; the setups are ${known.join(', ')} and all`)
const isWanted = ({ name, usual }: Setup) =>
  positionals.length === 0 ? usual : positionals.includes('all') || positionals.includes(name)
const isUsual = positionals.length === 0
const isRoot = process.getuid?.() === 0

if (values.list) {
  for (const setup of setups.filter(isWanted)) {
    for (const { name, lines, does } of attacksOn(setup, isUsual)) {
      console.log(`${setup.name}/${name} (${lines.join(', ')}): ${does}`)
    }
  }
  process.exit(0)
}

const verdicts: Verdict[] = []
const unplayed: string[] = []
const begun = performance.now()
for (const setup of setups.filter(isWanted)) {
  const why = impossible(setup)
  if (why) {
    unplayed.push(`${setup.name}: ${why}`)
    continue
  }
  const attacks = attacksOn(setup, isUsual).filter(({ name }) => !values.only || values.only.includes(name))
  if (attacks.length === 0) continue
  if (setup.stage === 'network' && !values.apart) verdicts.push(...(await playApart(setup)))
  else {
    console.log(`attack: ${setup.name} (${setup.about})`)
    const effort: Effort = { rounds }
    verdicts.push(...(await play(setup, attacks, effort, (line) => console.log(`attack: ${line}`))))
  }
}

const broken = verdicts.filter(({ breaches }) => breaches.length > 0)
const held = verdicts.length - broken.length
if (values.report) writeFileSync(values.report, JSON.stringify({ verdicts, unplayed }))
if (!values.apart) {
  for (const what of unplayed) console.log(`attack: not played: ${what}`)
  console.log(`attack: ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  console.log(`attack: ${held} held, ${broken.length} broken`)
}
process.exit(broken.length > 0 || verdicts.length === 0 ? 1 : 0)

/** Why a setup cannot be played on this machine, by this user; null where it can. */
function impossible({ user, stage, without, isolates }: Setup): string | null {
  if (!isRoot && (user === 'root' || without.length > 0)) return 'it needs root'
  if (isolates !== false && !findProgram('bwrap')) return 'bubblewrap is not installed'
  if (stage === 'network' && !findProgram('ip')) return 'ip (package iproute2) is not installed'
  if (stage === 'network' && !findProgram('slirp4netns')) return 'slirp4netns is not installed'
  return null
}

/** The addresses that a sandbox may not reach are made where nobody else sees them. */
async function playApart(setup: Setup): Promise<Verdict[]> {
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
      return [{ setup: setup.name, attack: 'all', breaches: [`it could not be played: exit code ${code}`] }]
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function refuse(sentence: string): never {
  console.error(`attack: ${sentence}.`)
  process.exit(2)
}
