import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { isMissing, type StateFile, StateFileError, StateFolder } from '../state/files'
import type { SandboxFolder } from './isolation'

/** O_PATH opens a folder regardless of its mode; the same number on every 64-bit Linux. Node has no constant for it. */
const openPathOnly = 0o10000000

/** Modes of new folders, and the bits that the engine restores at every start. */
const modes = { home: [0o755, 0o700], tmp: [0o1777, 0o1777], state: [0o700, 0o700] } as const

/** The paths of a sandbox's folders. Creates nothing. */
export function sandboxFolder(folder: string): SandboxFolder {
  return {
    path: folder,
    home: path.join(folder, 'home'),
    tmp: path.join(folder, 'tmp'),
    state: path.join(folder, 'state'),
    etc: path.join(folder, 'etc'),
  }
}

/**
 * Create missing folders. In existing ones, only the owner's permissions are restored, which undoes `chmod 000 ~`.
 */
export async function createSandboxFolder(folder: SandboxFolder): Promise<void> {
  await mkdir(folder.path, { recursive: true, mode: 0o700 })
  for (const name of ['home', 'tmp', 'state'] as const) {
    const [mode, needed] = modes[name]
    if (statSync(folder[name], { throwIfNoEntry: false })) {
      addMode(folder[name], needed)
      continue
    }
    mkdirSync(folder[name])
    await chmod(folder[name], mode)
  }
}

/** Restore the owner's permissions of a sandbox's home, and of that folder alone. Throws when it is not a folder. */
export function repairHome(home: string): void {
  addMode(home, modes.home[1])
}

/** Changes this very folder, even if its path is replaced meanwhile; links are refused. */
function addMode(name: string, bits: number): void {
  const folder = openSync(name, openPathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    const mode = fstatSync(folder).mode & 0o7777
    if ((mode & bits) !== bits) chmodSync(`/proc/self/fd/${folder}`, mode | bits)
  } finally {
    closeSync(folder)
  }
}

const maxLogBytes = 1024 * 1024

/** The toolbox's own log, limited in size by keeping only one older file. */
function rotateLog(folder: SandboxFolder): void {
  logFileOf(folder, (log) => {
    const stats = log.stats()
    if (stats && stats.size > maxLogBytes) renameSync(log.path, `${log.path}.1`)
  })
}

/** A descriptor for writing the log, closed by the caller. */
export function openLog(folder: SandboxFolder): number {
  rotateLog(folder)
  return logFileOf(folder, (log) => log.openToAppend())
}

/** Anything at the log's path that is not one of our files is moved aside. */
function logFileOf<Result>(folder: SandboxFolder, use: (log: StateFile) => Result): Result {
  const log = StateFolder.open(folder.state, null, false).file('toolbox.log')
  try {
    closeSync(log.openToRead())
  } catch (error) {
    if (!isMissing(error)) {
      if (!(error instanceof StateFileError)) throw error
      log.setAside(error.problem)
    }
  }
  return use(log)
}

/** The last line of a toolbox's log, as the reason of its exit: at most 4 KiB. Empty if it only reported readiness. */
export function lastLogLine(folder: SandboxFolder): string {
  const log = StateFolder.open(folder.state, null, true).file('toolbox.log').openToRead()
  try {
    const bytes = Buffer.alloc(4096)
    const { size } = fstatSync(log)
    const length = readSync(log, bytes, 0, bytes.length, Math.max(0, size - bytes.length))
    const last = messageOf(bytes.toString('utf8', 0, length).trimEnd().split('\n').at(-1) ?? '')
    return last.endsWith(' listens') ? '' : last
  } finally {
    closeSync(log)
  }
}

/** The message of a line that our log wrote; other programs, such as node when it cannot start, write plain text. */
function messageOf(line: string): string {
  if (!line.startsWith('{')) return line
  try {
    const { msg, err } = JSON.parse(line)
    return [msg, err?.message].filter((text) => typeof text === 'string' && text !== '').join(': ') || line
  } catch {
    return line
  }
}
