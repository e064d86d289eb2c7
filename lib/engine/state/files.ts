/**
 * Access to files that sandboxed code may have tampered with: the sandbox's state folder, and files that one engine
 * leaves for the next. Nothing here follows a link, blocks on a FIFO, or reads a file that another user put there.
 *
 * Node has no `openat`, so folders are checked before a file in them is opened. That is enough because nothing can
 * rename them in between: a stopped sandbox has no processes, and a running one cannot reach its state folder.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { log } from '@/lib/log/log'
import type { RecordCodes } from './record-codes'
import { withReserve } from './reserve-file'

/** Never follow a link, and never block on a FIFO or a terminal. Node adds `O_CLOEXEC` itself. */
const safeOpenFlags = constants.O_NOFOLLOW | constants.O_NONBLOCK

/** A path exists but is not what it should be. */
export class StateFileError extends Error {
  constructor(
    readonly path: string,
    readonly problem: string,
  ) {
    super(`${path} ${problem}`)
    this.name = 'StateFileError'
  }
}

/** One component of a path: no separators, no `.` or `..`, nothing that a shell or a log would misread. */
const component = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

interface OpenOptions {
  /** User ids that may own the file. */
  owners: ReadonlySet<number>
  maxBytes?: number
}

/**
 * Open a file and make sure that it is a regular file, has only one name, and belongs to one of `owners`.
 * Throws a `StateFileError`, or the error of the file system.
 */
function openChecked(file: string, flags: number, { owners, maxBytes = Number.MAX_SAFE_INTEGER }: OpenOptions): number {
  let descriptor: number
  try {
    descriptor = openSync(file, flags | safeOpenFlags, 0o600)
  } catch (error) {
    throw stateErrorFor(file, error) ?? error
  }
  try {
    const stats = fstatSync(descriptor)
    const problem = !stats.isFile() ? 'is not a regular file' : problemOf(stats, owners)
    if (problem) throw new StateFileError(file, problem)
    // A file that was deleted meanwhile is fine. A second name may lead to another user's file.
    if (stats.nlink > 1) throw new StateFileError(file, 'has a second name')
    if (stats.size > maxBytes) throw new StateFileError(file, `is longer than ${maxBytes} bytes`)
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

function problemOf(stats: Stats, owners: ReadonlySet<number>): string | null {
  return owners.has(stats.uid) ? null : `belongs to user ${stats.uid}`
}

/** Translate the kernel's errors for names that are not regular files. */
function stateErrorFor(file: string, error: unknown): StateFileError | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ELOOP' || code === 'EMLINK') return new StateFileError(file, 'is a link')
  if (code === 'EISDIR') return new StateFileError(file, 'is a folder')
  if (code === 'ENXIO' || code === 'ENODEV') return new StateFileError(file, 'is not a regular file')
  return null
}

/** The whole content of an open file. */
function readOpen(descriptor: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = []
  let length = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.min(64 * 1024, maxBytes + 1 - length))
    const bytesRead = chunk.length === 0 ? 0 : readSync(descriptor, chunk, 0, chunk.length, length)
    if (bytesRead === 0) break
    chunks.push(chunk.subarray(0, bytesRead))
    length += bytesRead
  }
  if (length > maxBytes) throw new StateFileError('a file', `is longer than ${maxBytes} bytes`)
  return Buffer.concat(chunks, length)
}

function writeWhole(descriptor: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  for (let at = 0; at < bytes.length; ) at += withReserve(() => writeSync(descriptor, bytes, at))
}

/** Read one of the engine's own files: never through a link, never another user's file. */
export function readOwnFile(file: string, maxBytes: number): Buffer {
  const descriptor = openChecked(file, constants.O_RDONLY, { owners: trustedOwners(file), maxBytes })
  try {
    return readOpen(descriptor, maxBytes)
  } finally {
    closeSync(descriptor)
  }
}

/** Root can write everywhere, and the owner of a folder can put anything into it. */
function trustedOwners(file: string): Set<number> {
  return new Set([process.geteuid?.() ?? 0, 0, statSync(path.dirname(file)).uid])
}

/**
 * Replace a file atomically: write a draft, `prepare` its descriptor, and rename it to `file`. Readers see the old or
 * the new content, even after a kill -9 of the writer.
 */
export function replaceFile(file: string, content: string, prepare: (descriptor: number) => void = () => {}): void {
  const draft = `${file}.new`
  // A killed writer may have left a draft, or somebody may have put a link there.
  rmSync(draft, { force: true })
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
  try {
    const descriptor = withReserve(() => openSync(draft, flags | safeOpenFlags, 0o600))
    try {
      writeWhole(descriptor, content)
      prepare(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/** Settings shared by all folders below one state folder. */
interface StateRoot {
  readonly owners: ReadonlySet<number>
  readonly readOnly: boolean
  readonly codes: RecordCodes | null
}

/**
 * A folder of state. Names in it are single path components and are checked. Callers have already validated names from
 * records or requests against their own schemas.
 */
export class StateFolder {
  private checked = false

  private constructor(
    readonly path: string,
    /** Path below the state folder. The codes of the records in it cover this path. */
    readonly location: string,
    private readonly root: StateRoot,
    private readonly parent: StateFolder | null,
  ) {}

  /**
   * The state folder of a sandbox. It may be missing.
   * @param folder may be relative and stays so: the working directory of a toolbox has no name
   * @param codes authenticates records; null writes them without codes
   */
  static open(folder: string, codes: RecordCodes | null, readOnly: boolean): StateFolder {
    const owners = new Set([process.geteuid?.() ?? 0])
    try {
      // An inherited descriptor looks like a link, but nobody else can have created it.
      const stats = folder.startsWith('/proc/self/fd/') ? statSync(folder) : lstatSync(folder)
      if (!stats.isDirectory()) throw new StateFileError(folder, 'is not a folder')
      owners.add(stats.uid)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    return new StateFolder(folder, '', { owners, readOnly, codes }, null)
  }

  get name(): string {
    return path.basename(this.location)
  }

  get codes(): RecordCodes | null {
    return this.root.codes
  }

  get readOnly(): boolean {
    return this.root.readOnly
  }

  get owners(): ReadonlySet<number> {
    return this.root.owners
  }

  /** A subfolder. It is neither created nor checked yet. */
  folder(name: string): StateFolder {
    return new StateFolder(this.below(name), path.posix.join(this.location, name), this.root, this)
  }

  /** A file in this folder. It is neither created nor checked yet. */
  file(name: string): StateFile {
    return new StateFile(this, name, this.below(name))
  }

  /** Create the folder if it is missing. Anything else under its name is renamed first. */
  make(): void {
    if (this.checked) return
    this.parent?.make()
    try {
      mkdirSync(this.path, { mode: 0o700 })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      if (this.parent && this.problem() !== null) {
        setAside(this.path, this.problem() ?? '')
        mkdirSync(this.path, { mode: 0o700 })
      }
    }
    this.checked = true
  }

  /** Throws a `StateFileError` if this folder or one above it is not ours, and ENOENT if it is missing. */
  check(): void {
    if (this.checked) return
    this.parent?.check()
    const problem = this.problem()
    if (problem !== null) throw new StateFileError(this.path, problem)
    // A read-only folder is not locked by this process and may change at any time, so the result is not cached.
    this.checked = !this.root.readOnly
  }

  /** Valid names in the folder; empty if the folder is missing or not ours. */
  names(): string[] {
    try {
      this.check()
      return readdirSync(this.path).filter((name) => component.test(name))
    } catch (error) {
      if (isMissing(error)) return []
      if (!(error instanceof StateFileError)) throw error
      log.error(error.message)
      return []
    }
  }

  /** Remove the folder with its contents. Links in it are removed, not followed. */
  async remove(): Promise<void> {
    this.parent?.check()
    await rm(this.path, { recursive: true, force: true })
    this.checked = false
  }

  private problem(): string | null {
    if (!this.parent) return null
    const stats = lstatSync(this.path)
    if (stats.isSymbolicLink()) return 'is a link'
    return stats.isDirectory() ? problemOf(stats, this.root.owners) : 'is not a folder'
  }

  private below(name: string): string {
    if (!component.test(name)) throw new StateFileError(this.path, `has no entry ${JSON.stringify(name.slice(0, 64))}`)
    return path.join(this.path, name)
  }
}

/** A file of state. Every operation works on a checked descriptor. */
export class StateFile {
  constructor(
    readonly folder: StateFolder,
    readonly name: string,
    readonly path: string,
  ) {}

  /** Path below the state folder, which the code of every record in the file covers. */
  get location(): string {
    return path.posix.join(this.folder.location, this.name)
  }

  /** A descriptor for reading, to be closed by the caller. Throws a `StateFileError`, or ENOENT. */
  openToRead(maxBytes?: number): number {
    this.folder.check()
    return openChecked(this.path, constants.O_RDONLY, { owners: this.folder.owners, ...(maxBytes && { maxBytes }) })
  }

  openToAppend(): number {
    this.folder.check()
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT
    return openChecked(this.path, flags, { owners: this.folder.owners })
  }

  /** A descriptor of a new, empty file. Anything else under its name is renamed first. */
  create(): number {
    this.folder.check()
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
    try {
      return openChecked(this.path, flags, { owners: this.folder.owners })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      setAside(this.path, 'exists already')
      return openChecked(this.path, flags, { owners: this.folder.owners })
    }
  }

  /** The whole content. Throws a `StateFileError`, or ENOENT. */
  read(maxBytes: number): Buffer {
    const descriptor = this.openToRead(maxBytes)
    try {
      return readOpen(descriptor, maxBytes)
    } finally {
      closeSync(descriptor)
    }
  }

  /** Replace the content atomically. */
  replace(content: string): void {
    this.folder.check()
    replaceFile(this.path, content)
  }

  /** Length in bytes; 0 if the file is missing or must not be read. */
  size(): number {
    return this.stats()?.size ?? 0
  }

  /** Null if the file is missing or must not be read. */
  stats(): Stats | null {
    let descriptor: number
    try {
      descriptor = this.openToRead()
    } catch (error) {
      if (isMissing(error) || error instanceof StateFileError) return null
      throw error
    }
    try {
      return fstatSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }

  remove(): void {
    rmSync(this.path, { force: true })
  }

  /** Rename a file that must not be read, so that a new one can be created. */
  setAside(problem: string): void {
    if (!this.folder.readOnly) setAside(this.path, problem)
  }
}

function setAside(file: string, problem: string): void {
  const aside = `${file}.refused-${Date.now()}`
  log.error(`${file} ${problem}; it was renamed to ${path.basename(aside)}`)
  renameSync(file, aside)
}
