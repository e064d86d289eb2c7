/** Validates paths from clients, and refuses the few that would lead to the toolbox's own files. */
import { readFile, readlink, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemPath } from '@/lib/process-api/byte-names'
import { ApiError } from '@/lib/process-api/errors'
import type { ToolboxConfig } from '../../config/toolbox-config'
import { errorName } from './file-errors'

/** Throws `INVALID_FILE_PATH` for a path that cannot exist. */
export function checkedPath(path: string, name = 'path'): string {
  if (path === '') throw new ApiError('INVALID_FILE_PATH', `${name} is required`)
  if (path.includes('\0')) throw new ApiError('INVALID_FILE_PATH', `${name} contains a NUL character`)
  return path
}

/**
 * The file system of the file routes.
 *
 * With isolation, a path reaches only what the sandbox's own code can reach: the toolbox has no entry in the /proc that
 * it sees, so no link leads through its descriptors, and its state folder has no name. Paths are not checked, so
 * nothing can change between a check and its use.
 *
 * Without isolation there is no boundary. The state folder and the toolbox's own /proc are still refused, so that a wrong
 * path does no harm.
 */
export class FileSpace {
  constructor(private readonly services: { readonly config: Pick<ToolboxConfig, 'workDir' | 'stateDir' | 'hand'> }) {}

  /** An absolute path. `..` is resolved by the kernel, which follows links. */
  absolute(path: string): string {
    return path.startsWith('/') ? path : `${this.services.config.workDir}/${path}`
  }

  /**
   * Throws if an open descriptor leads to one of the toolbox's own files.
   * @param path for the message
   */
  async refuseOwnDescriptor(descriptor: number, path: string): Promise<void> {
    if (this.isIsolated) return
    await this.refuse(await readlink(`/proc/self/fd/${descriptor}`), path)
  }

  /** Throws if a path, with all links followed, leads to the toolbox's own files. For operations that follow links. */
  async refuseOwnTarget(absolute: string, path: string): Promise<void> {
    if (this.isIsolated) return
    for (let part = absolute; ; part = dirname(part)) {
      const real = await realPath(part)
      if (real !== null) {
        await this.refuse(real, path)
        return
      }
      // If the path does not exist, its nearest existing ancestor counts. An existing file without a real path is one of
      // the toolbox's descriptors, reached through /proc.
      if (await exists(part)) throw denied(path)
      if (part === '/') return
    }
  }

  /** As `refuseOwnTarget`, for operations on a link itself instead of its target. */
  async refuseOwnFolder(absolute: string, path: string): Promise<void> {
    await this.refuseOwnTarget(dirname(absolute), path)
  }

  private async refuse(real: string, path: string): Promise<void> {
    const state = await realpath(this.services.config.stateDir)
    const process = /^\/proc\/(\d+)(\/|$)/.exec(real)
    if (real === state || real.startsWith(`${state}/`)) throw denied(path)
    if (process?.[1] && (await isOurThread(process[1]))) throw denied(path)
  }

  private get isIsolated(): boolean {
    return this.services.config.hand !== null
  }
}

function denied(path: string): ApiError {
  return new ApiError('FILE_ACCESS_DENIED', `permission denied: ${path}`)
}

/** Null if a part does not exist or is unreadable: the operation itself then reports it. */
async function realPath(path: string): Promise<string | null> {
  try {
    return await realpath(systemPath(path))
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return null
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(systemPath(path))
    return true
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return false
  }
}

/** Each thread of this process also has a folder in /proc, which no listing shows. */
async function isOurThread(id: string): Promise<boolean> {
  if (Number(id) === process.pid) return true
  try {
    return new RegExp(`^Tgid:\\s+${process.pid}$`, 'm').test(await readFile(`/proc/${id}/status`, 'utf8'))
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return false
  }
}
