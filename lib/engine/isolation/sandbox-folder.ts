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

/** Opens a folder whatever its mode is; the same number on every Linux of 64 bits. Node has no name for it. */
const openPathOnly = 0o10000000

/** Modes of new folders, and the bits of each that the engine gives back at every start. */
const modes = { home: [0o755, 0o700], tmp: [0o1777, 0o1777], state: [0o700, 0o700] } as const

/** Where the folders of a sandbox are below its own one. Nothing is made. */
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
 * Make what is missing. Folders of an existing sandbox stay as they are, except that their owner gets through to them
 * again: `chmod 000 ~` is undone.
 */
export async function makeSandboxFolder(folder: SandboxFolder): Promise<void> {
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

/** Give the owner of a sandbox's home its permissions on that one folder back. Throws where it is no folder. */
export function repairHome(home: string): void {
  addMode(home, modes.home[1])
}

/** Works on the folder itself, whatever its mode is and whatever takes its place meanwhile; links are refused. */
function addMode(name: string, bits: number): void {
  const folder = openSync(name, openPathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    const mode = fstatSync(folder).mode & 0o7777
    if ((mode & bits) !== bits) chmodSync(`/proc/self/fd/${folder}`, mode | bits)
  } finally {
    closeSync(folder)
  }
}

const longestLog = 1024 * 1024

/** The toolbox's own log: one older piece is kept, so that it does not grow for ever. */
function rotateLog(folder: SandboxFolder): void {
  logFileOf(folder, (log) => {
    const stats = log.stats()
    if (stats && stats.size > longestLog) renameSync(log.path, `${log.path}.1`)
  })
}

/** A descriptor to write the log to, which the caller closes. */
export function openLog(folder: SandboxFolder): number {
  rotateLog(folder)
  return logFileOf(folder, (log) => log.openToAppend())
}

/** What stands in the place of the log and is not a file of ours is set aside. */
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

/** Why a toolbox ended, as it logged last: at most 4 KiB. Empty where it said no more than that it is ready. */
export function lastLogLine(folder: SandboxFolder): string {
  const log = StateFolder.open(folder.state, null, true).file('toolbox.log').openToRead()
  try {
    const bytes = Buffer.alloc(4096)
    const { size } = fstatSync(log)
    const length = readSync(log, bytes, 0, bytes.length, Math.max(0, size - bytes.length))
    const last = bytes.toString('utf8', 0, length).trimEnd().split('\n').at(-1) ?? ''
    return last.endsWith(' listens') ? '' : last
  } finally {
    closeSync(log)
  }
}
