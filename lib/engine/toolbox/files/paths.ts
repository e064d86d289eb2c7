/** Paths from outside: how they are read, and the few places that they may not lead to. */
import { readFile, readlink, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import type { ToolboxConfig } from '../config'
import { isOnOwnMount, leadsToOwnMount } from '../process/own-mount'
import { errorName } from './failure'

/** A required query parameter that names a file. */
export function pathParameter(query: URLSearchParams, name: string): string {
  return checkedPath(query.get(name) ?? '', name)
}

/** Throws `INVALID_FILE_PATH` for what no file can be called. */
export function checkedPath(path: string, name = 'path'): string {
  if (path === '') throw new ApiError('INVALID_FILE_PATH', `${name} is required`)
  if (path.includes('\0')) throw new ApiError('INVALID_FILE_PATH', `${name} contains a NUL character`)
  return path
}

/**
 * Where file routes work, and what they leave alone.
 *
 * The toolbox can reach two things that the sandbox's own programs cannot: its state folder (journals) and itself in
 * /proc. A link planted in the sandbox, such as `report.txt -> /proc/self/fd/5/…`, must not lead a client's upload or
 * download there. For an opened file that is checked on the descriptor, so it cannot be changed in between.
 *
 * Nor through there to somewhere else: the state folder belongs to the host's mounts, so `/proc/self/fd/5/../..` climbs
 * to the host's root. What lies on a mount that the toolbox itself does not have is therefore refused as well.
 */
export class FileSpace {
  constructor(private readonly services: { readonly config: Pick<ToolboxConfig, 'workDir' | 'stateDir'> }) {}

  /** An absolute path; `..` is left to the kernel, which sees through links. */
  absolute(path: string): string {
    return path.startsWith('/') ? path : `${this.services.config.workDir}/${path}`
  }

  /** Refuse an open descriptor that turned out to be one of ours. `path` is for the message. */
  async refuseOwnDescriptor(descriptor: number, path: string): Promise<void> {
    await this.refuse(await readlink(`/proc/self/fd/${descriptor}`), path)
    if (!isOnOwnMount(descriptor)) throw denied(path)
  }

  /** Refuse a path that leads to something of ours, all links followed. Use it where the operation follows them too. */
  async refuseOwnTarget(absolute: string, path: string): Promise<void> {
    for (let part = absolute; ; part = dirname(part)) {
      const real = await realPath(part)
      if (real !== null) {
        await this.refuse(real, path)
        if (!isReachable(part)) throw denied(path)
        return
      }
      // It may not exist yet: then its nearest existing ancestor counts. But what exists and has no path of its own is
      // a descriptor of ours, reached through /proc.
      if (await exists(part)) throw denied(path)
      if (part === '/') return
    }
  }

  /** As `refuseOwnTarget`, for operations that take a link itself and not what it leads to. */
  async refuseOwnFolder(absolute: string, path: string): Promise<void> {
    await this.refuseOwnTarget(dirname(absolute), path)
  }

  private async refuse(real: string, path: string): Promise<void> {
    const state = await this.stateRoot()
    const process = /^\/proc\/(\d+)(\/|$)/.exec(real)
    if (real === state || real.startsWith(`${state}/`)) throw denied(path)
    if (process?.[1] && (await isOurThread(process[1]))) throw denied(path)
  }

  /** The state folder as the kernel prints it; inside bubblewrap it is a descriptor whose path does not exist here. */
  private stateRoot(): Promise<string> {
    const { stateDir } = this.services.config
    return stateDir.startsWith('/proc/self/fd/') ? readlink(stateDir) : realpath(stateDir)
  }
}

function denied(path: string): ApiError {
  return new ApiError('FILE_ACCESS_DENIED', `permission denied: ${path}`)
}

/** Null where a part does not exist, or cannot be looked at: then the operation itself reports it. */
async function realPath(path: string): Promise<string | null> {
  try {
    return await realpath(path)
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return null
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return false
  }
}

/** False where a path leads out of the sandbox. One that has just gone is for the operation itself to report. */
function isReachable(path: string): boolean {
  try {
    return leadsToOwnMount(path)
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return true
  }
}

/** Each thread of ours has a /proc folder too, which no listing shows. */
async function isOurThread(id: string): Promise<boolean> {
  if (Number(id) === process.pid) return true
  try {
    return new RegExp(`^Tgid:\\s+${process.pid}$`, 'm').test(await readFile(`/proc/${id}/status`, 'utf8'))
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return false
  }
}
