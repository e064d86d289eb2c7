/** Starts the built engine for a setup. */
import { execFileSync } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type EngineFixture, startEngine } from '../lib/engine/test/engine-fixture'
import { findProgram } from '../lib/settings/programs'
import type { Setup } from './setups'

const root = path.resolve(import.meta.dirname, '..')
const isRoot = process.getuid?.() === 0

/** The folders around an engine, as on a user's machine. */
export interface Surroundings {
  /** The parent of the home folder. */
  readonly base: string
  /** The home folder of the user who runs the engine. */
  readonly home: string
  /** The engine's data directory, in that home. */
  readonly dataDir: string
  readonly owner: { readonly uid: number; readonly gid: number }
}

/** A user id that nothing else on the machine has, so that limits and signals per user do not affect others. */
function ownerFor(setup: Setup): Surroundings['owner'] {
  if (!isRoot) return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const id = setup.user === 'root' ? 0 : 0x6000_0000 + process.pid
  return { uid: id, gid: id }
}

export function makeSurroundings(setup: Setup): Surroundings {
  const base = mkdtempSync(path.join(tmpdir(), 'sandglass-attack-'))
  const home = path.join(base, 'home')
  const dataDir = path.join(home, '.sandglass')
  const owner = ownerFor(setup)
  for (const [folder, mode] of [
    [home, 0o755],
    [dataDir, 0o700],
  ] as const) {
    mkdirSync(folder, { mode })
    chownSync(folder, owner.uid, owner.gid)
  }
  chownSync(base, owner.uid, owner.gid)
  execFileSync('chmod', ['755', base, home])
  return { base, home, dataDir, owner }
}

/**
 * Start the engine.
 * @param secrets an environment variable and a keyring entry of the engine that must not leak
 */
export async function launchEngine(
  setup: Setup,
  { base, home, dataDir, owner }: Surroundings,
  secrets: { variable: string; key: string },
): Promise<EngineFixture> {
  const dist = path.join(root, 'dist')
  let program = path.join(dist, 'engine.mjs')
  if (owner.uid !== 0 && isRoot) {
    // The checkout may be readable by root alone.
    const copy = path.join(base, 'program')
    cpSync(dist, copy, { recursive: true, filter: (name) => !name.endsWith('.map') })
    execFileSync('chmod', ['-R', 'a+rX', copy])
    program = path.join(copy, 'engine.mjs')
  }
  return await startEngine({
    dataDir,
    program,
    through: [...withKeyring(base, secrets.key), ...withMachine(base, setup.without, owner.uid), ...asUser(owner.uid)],
    env: { HOME: home, SECRET_OF_THE_HOST: secrets.variable, ...setup.env },
  })
}

function withKeyring(base: string, key: string): string[] {
  const python = findProgram('python3')
  if (!python) return []
  const copy = path.join(base, 'with-keyring.py')
  cpSync(path.join(import.meta.dirname, 'host', 'with-keyring.py'), copy)
  return [python, copy, key]
}

/**
 * In a private mount namespace, hide these programs, and give an ordinary user access to the network device, as on most
 * machines.
 */
function withMachine(base: string, without: readonly string[], uid: number): string[] {
  if (!isRoot) return []
  const hidden = without.map((name) => findProgram(name)).filter((file) => file !== null)
  const steps = hidden.map((file) => `mount --bind /dev/null '${file}'`)
  if (uid !== 0 && existsSync('/dev/net/tun')) {
    const device = path.join(base, 'tun')
    steps.push(`mknod -m 666 ${device} c 10 200`, `mount --bind ${device} /dev/net/tun`)
  }
  if (steps.length === 0) return []
  const script = `${steps.join(' && ')} && exec "$@"`
  return ['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-c', script, 'sh']
}

function asUser(uid: number): string[] {
  if (uid === 0 || !isRoot) return []
  const id = String(uid)
  return ['setpriv', '--reuid', id, '--regid', id, '--clear-groups', '--']
}
