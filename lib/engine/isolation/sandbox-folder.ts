import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import path from 'node:path'
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
    if (statSync(name, { throwIfNoEntry: false })) continue
    mkdirSync(name)
    await chmod(name, mode)
  }
}

const longestLog = 1024 * 1024

/** The toolbox's own log: one older piece is kept, so that it does not grow for ever. */
export function rotateLog(folder: SandboxFolder): string {
  const log = path.join(folder.state, 'toolbox.log')
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0
  if (size > longestLog) renameSync(log, `${log}.1`)
  return log
}

/** What the toolbox logged last, at most 4 KiB of it; empty where there is nothing. */
export function lastLogLine(folder: SandboxFolder): string {
  const log = openSync(path.join(folder.state, 'toolbox.log'), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const bytes = Buffer.alloc(4096)
    const { size } = fstatSync(log)
    const length = readSync(log, bytes, 0, bytes.length, Math.max(0, size - bytes.length))
    return bytes.toString('utf8', 0, length).trimEnd().split('\n').at(-1) ?? ''
  } finally {
    closeSync(log)
  }
}
