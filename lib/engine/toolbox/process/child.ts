/** Starting one process with real descriptors, and knowing how it ended. */
import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, fstatSync } from 'node:fs'
import { Duplex } from 'node:stream'
import { type ExecutionEnd, exitOf } from '../execution/verdict'
import { preferred } from '../limits/oom-preference'
import { forSpawn } from './environment'
import { isOnOwnMount, openPath } from './own-mount'
import { noteChild, type ProcessEntry } from './process-table'

export interface ChildRequest {
  /** Absolute path, or a name that is looked up in the child's `PATH`. */
  file: string
  args: readonly string[]
  /** Absolute. */
  cwd: string
  env: Record<string, string>
  /** Descriptors, or null for /dev/null. They are the caller's to close. */
  stdin: number | null
  stdout: number | null
  stderr: number | null
  /** Further descriptors for the child, from 3 on; `pipe` is a socket whose other end is in `Child.sockets`. */
  more?: readonly (number | 'pipe')[]
}

export interface Child {
  pid: number
  /** The process as the process table knows it; undefined only where /proc cannot be read. */
  entry: ProcessEntry | undefined
  exited: Promise<ExecutionEnd>
  /** One for each `pipe` of the request. They are the caller's to read and to destroy. */
  sockets: Duplex[]
}

/** A process could not be started; the message is a plain sentence for a person. */
export class SpawnError extends Error {
  override readonly name = 'SpawnError'
}

/**
 * Start a process as the leader of a session and process group of its own.
 * Rejects with a `SpawnError` naming what is wrong: the folder, the program, the size of the arguments.
 */
export async function startChild(request: ChildRequest): Promise<Child> {
  const standard = [request.stdin, request.stdout, request.stderr].map((it) => it ?? ('ignore' as const))
  const stdio = [...standard, ...(request.more ?? [])]
  const spawnIn = (cwd: string) => {
    try {
      return preferred(() =>
        spawn(request.file, request.args, { cwd, env: forSpawn(request.env), stdio, detached: true }),
      )
    } catch (error) {
      throw new SpawnError(explainSpawn(error, request.file), { cause: error })
    }
  }
  const child = inFolder(request.cwd, spawnIn, (descriptor) => descriptor < stdio.length)
  const { pid } = child
  const exited = new Promise<ExecutionEnd>((resolve, reject) => {
    child.once('error', (error) => reject(new SpawnError(explainSpawn(error, request.file), { cause: error })))
    child.once('exit', (code, signal) => resolve(exitOf(code, signal)))
  })
  if (pid === undefined) {
    await exited
    throw new SpawnError(`${request.file} could not be started.`)
  }
  const sockets = child.stdio.slice(3).filter((stream) => stream instanceof Duplex)
  return { pid, entry: noteChild(pid), exited, sockets }
}

/**
 * Start something in a folder. A missing one would be reported as a missing program, so it is looked at first, and what
 * was looked at is what `start` is given, by a name that is good until it returns: a link on the way may be changed
 * meanwhile. Throws a `SpawnError`.
 * @param isGiven descriptors that the process is given: it has them before it enters its folder, so that the name of
 *   the folder must not be one of them
 */
export function inFolder<Result>(
  folder: string,
  start: (cwd: string) => Result,
  isGiven: (descriptor: number) => boolean = () => false,
): Result {
  const descriptor = openFolder(folder, isGiven)
  try {
    const cwd = `/proc/self/fd/${descriptor}`
    if (!fstatSync(descriptor).isDirectory()) throw new SpawnError(`The working directory ${folder} is not a folder.`)
    if (!isOnOwnMount(descriptor) || !isEnterable(cwd)) {
      throw new SpawnError(`The working directory ${folder} cannot be entered: permission denied.`)
    }
    return start(cwd)
  } finally {
    closeSync(descriptor)
  }
}

/** Throws a `SpawnError` where nothing can be started in the folder. */
export function checkFolder(folder: string): void {
  inFolder(folder, () => undefined)
}

function openFolder(folder: string, isGiven: (descriptor: number) => boolean): number {
  const passedBy: number[] = []
  try {
    for (;;) {
      const descriptor = openPath(folder)
      if (!isGiven(descriptor)) return descriptor
      passedBy.push(descriptor)
    }
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new SpawnError(`The working directory ${folder} does not exist.`, { cause: error })
    }
    throw new SpawnError(`The working directory ${folder} cannot be used (${code}).`, { cause: error })
  } finally {
    for (const descriptor of passedBy) closeSync(descriptor)
  }
}

function isEnterable(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK)
    return true
  } catch {
    // Not for this user.
    return false
  }
}

/** Why a process could not be started, as a plain sentence. */
export function explainSpawn(error: unknown, file: string): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return `${file} is not installed in this sandbox.`
    case 'EACCES':
      return `${file} may not be executed.`
    case 'E2BIG':
      return 'The arguments and the environment are too long for the system.'
    case 'EAGAIN':
      return 'No more processes can be started: their number is limited.'
    case 'ENOMEM':
      return 'No more processes can be started: out of memory.'
    case 'EMFILE':
    case 'ENFILE':
      return 'No more processes can be started: too many files are open.'
    default:
      return `${file} could not be started (${errorCode(error)}).`
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
