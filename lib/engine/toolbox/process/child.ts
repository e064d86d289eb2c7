/** Starts one process with real pipes. */
import { accessSync, constants, statSync } from 'node:fs'
import { type ProcessEntry, readChild } from '../../linux/process-table'
import { errorCode, FolderError } from '../../linux/spawn-error'
import type { ChildStream, Started, Starter } from './starter'

export interface ChildRequest {
  /** Absolute path, or a name that is looked up in the child's `PATH`. */
  file: string
  args: readonly string[]
  /** Absolute. */
  cwd: string
  env: Readonly<Record<string, string>>
  stdin: ChildStream
  stdout: ChildStream
  stderr: ChildStream
  /** Further streams for the child, from descriptor 3 on. */
  more?: readonly ChildStream[]
}

export interface Child extends Started {
  /** The entry in the process table; undefined only if /proc is unreadable. */
  entry: ProcessEntry | undefined
}

/**
 * Start a process as the leader of a new session and process group.
 * Rejects with a `SpawnError` that says what is wrong: the folder, the program, the size of the arguments.
 */
export async function startChild(starter: Starter, request: ChildRequest): Promise<Child> {
  const { file, args, cwd, env, stdin, stdout, stderr, more = [] } = request
  const started = await starter.start({ file, args, cwd, env, streams: [stdin, stdout, stderr, ...more] })
  return { ...started, entry: readChild(started.pid) }
}

/** Throws a `FolderError` if no process can be started in the folder. */
export function checkFolder(folder: string): void {
  try {
    if (!statSync(folder).isDirectory()) throw new FolderError('ENOTDIR', folder)
    accessSync(folder, constants.X_OK)
  } catch (error) {
    if (error instanceof FolderError) throw error
    throw new FolderError(errorCode(error), folder, { cause: error })
  }
}
