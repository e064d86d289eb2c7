import { closeSync, lstatSync, mkdirSync, renameSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { isMissing, type StateFile, StateFileError, StateFolder } from '../state/files'
import type { SandboxFolder } from './isolation'

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

/** Make what is missing. The folders of an existing sandbox are left as they are. */
export async function makeSandboxFolder(folder: SandboxFolder): Promise<void> {
  await mkdir(folder.path, { recursive: true, mode: 0o700 })
  const modes: ReadonlyArray<readonly [name: string, mode: number]> = [
    [folder.home, 0o755],
    [folder.tmp, 0o1777],
    [folder.state, 0o700],
  ]
  for (const [name, mode] of modes) {
    const found = lstatSync(name, { throwIfNoEntry: false })
    if (found?.isDirectory()) continue
    if (found) throw new Error(`${name} is not a folder; the sandbox cannot be started with it`)
    mkdirSync(name)
    await chmod(name, mode)
  }
}

const longestLog = 1024 * 1024

/** The toolbox's own log: one older piece is kept, so that it does not grow for ever. */
export function rotateLog(folder: SandboxFolder): void {
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
