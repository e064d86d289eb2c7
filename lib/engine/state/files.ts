/**
 * The one door to files that code of a sandbox may have got at: its state folder, and what an engine left for the
 * next one. Nothing here follows a link, waits at a FIFO, or reads what somebody else put there.
 *
 * Node offers no `openat`, so folders are looked at before the file in them is opened. That is enough where nothing
 * can rename them meanwhile: nothing of a stopped sandbox runs, and a running one has no way to its state folder.
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
import type { RecordCodes } from './record-codes'
import { withSpareRoom } from './spare-room'

/** Node adds `O_CLOEXEC` itself. A FIFO without a writer, or a terminal, must not stop whoever opens it. */
const cautiously = constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Something that is there and is not what it should be. */
export class StateFileError extends Error {
  constructor(
    readonly path: string,
    readonly problem: string,
  ) {
    super(`${path} ${problem}`)
    this.name = 'StateFileError'
  }
}

/** One component of a path: no separators, no `.` or `..`, nothing that a shell or a log would take for something else. */
const component = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

interface OpenOptions {
  /** Users who may own it. */
  owners: ReadonlySet<number>
  /** Longest file that is accepted, in bytes. */
  maxBytes?: number
}

/**
 * Open a file and make sure that it is a regular one, has one name only, and belongs to one of `owners`.
 * Throws a `StateFileError`, or what the file system says.
 */
function openChecked(file: string, flags: number, { owners, maxBytes = Number.MAX_SAFE_INTEGER }: OpenOptions): number {
  let descriptor: number
  try {
    descriptor = openSync(file, flags | cautiously, 0o600)
  } catch (error) {
    throw refusalOf(file, error) ?? error
  }
  try {
    const stats = fstatSync(descriptor)
    const problem = !stats.isFile() ? 'is not a regular file' : problemOf(stats, owners)
    if (problem) throw new StateFileError(file, problem)
    // Deleted meanwhile is fine; a second name leads to a file of somebody else.
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

/** What the kernel answers where the name stands for something that is no file. */
function refusalOf(file: string, error: unknown): StateFileError | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ELOOP' || code === 'EMLINK') return new StateFileError(file, 'is a link')
  if (code === 'EISDIR') return new StateFileError(file, 'is a folder')
  if (code === 'ENXIO' || code === 'ENODEV') return new StateFileError(file, 'is not a regular file')
  return null
}

/** All of a file that is open. */
function readOpen(descriptor: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = []
  let length = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.min(64 * 1024, maxBytes + 1 - length))
    const got = chunk.length === 0 ? 0 : readSync(descriptor, chunk, 0, chunk.length, length)
    if (got === 0) break
    chunks.push(chunk.subarray(0, got))
    length += got
  }
  if (length > maxBytes) throw new StateFileError('a file', `is longer than ${maxBytes} bytes`)
  return Buffer.concat(chunks, length)
}

function writeWhole(descriptor: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  for (let at = 0; at < bytes.length; ) at += withSpareRoom(() => writeSync(descriptor, bytes, at))
}

/** Read a file of the engine's own: never through a link, never one that belongs to somebody else. */
export function readOwnFile(file: string, maxBytes: number): Buffer {
  const descriptor = openChecked(file, constants.O_RDONLY, { owners: ownersBeside(file), maxBytes })
  try {
    return readOpen(descriptor, maxBytes)
  } finally {
    closeSync(descriptor)
  }
}

/** Root can write everywhere, and the owner of a folder can put everything into it. */
function ownersBeside(file: string): Set<number> {
  return new Set([process.geteuid?.() ?? 0, 0, statSync(path.dirname(file)).uid])
}

/**
 * Make a file that must not be there yet, `prepare` it, and put it in the place of `file`. Readers see the old or the
 * new content, also after a kill -9 of the writer.
 */
export function replaceFile(file: string, content: string, prepare: (descriptor: number) => void = () => {}): void {
  const draft = `${file}.new`
  // One that a killed writer left, or a link that somebody put there.
  rmSync(draft, { force: true })
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
  try {
    const descriptor = withSpareRoom(() => openSync(draft, flags | cautiously, 0o600))
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

/** What all folders of one state folder have in common. */
interface StateRoot {
  readonly owners: ReadonlySet<number>
  readonly readOnly: boolean
  readonly codes: RecordCodes | null
}

/**
 * A folder of state. Names in it are single components, checked; a name that comes from a record or a request has been
 * checked against the schema of its kind before.
 */
export class StateFolder {
  private checked = false

  private constructor(
    readonly path: string,
    /** Where it is below the state folder; what is recorded in it is bound to this place. */
    readonly place: string,
    private readonly root: StateRoot,
    private readonly parent: StateFolder | null,
  ) {}

  /**
   * The state folder of a sandbox, which may not be there yet when it is read only.
   * @param folder may be relative, and stays so: the working directory of a toolbox has no name
   * @param codes authenticates records; null leaves them without codes
   */
  static open(folder: string, codes: RecordCodes | null, readOnly: boolean): StateFolder {
    const owners = new Set([process.geteuid?.() ?? 0])
    try {
      // A descriptor that was handed over looks like a link, and is none that anybody could have put there.
      const stats = folder.startsWith('/proc/self/fd/') ? statSync(folder) : lstatSync(folder)
      if (!stats.isDirectory()) throw new StateFileError(folder, 'is not a folder')
      owners.add(stats.uid)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    return new StateFolder(folder, '', { owners, readOnly, codes }, null)
  }

  get name(): string {
    return path.basename(this.place)
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

  /** A folder in it. Nothing is made or looked at yet. */
  folder(name: string): StateFolder {
    return new StateFolder(this.below(name), path.posix.join(this.place, name), this.root, this)
  }

  /** A file in it. Nothing is made or looked at yet. */
  file(name: string): StateFile {
    return new StateFile(this, name, this.below(name))
  }

  /** Make it where it is missing. What stands in its place and is no folder of ours is set aside. */
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

  /** Throws a `StateFileError` where it, or a folder above it, is not a folder of ours; ENOENT where it is missing. */
  check(): void {
    if (this.checked) return
    this.parent?.check()
    const problem = this.problem()
    if (problem !== null) throw new StateFileError(this.path, problem)
    // While nothing can write to it, the answer may change at any time: an engine reads what is there now.
    this.checked = !this.root.readOnly
  }

  /** Names in it that can be names of ours; none where it is missing, or is no folder of ours. */
  names(): string[] {
    try {
      this.check()
      return readdirSync(this.path).filter((name) => component.test(name))
    } catch (error) {
      if (isMissing(error)) return []
      if (!(error instanceof StateFileError)) throw error
      console.error(error.message)
      return []
    }
  }

  /** Remove it with all that is in it. Links in it are removed, not followed. */
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

/** A file of state: whatever is done with it happens on a descriptor that was checked. */
export class StateFile {
  constructor(
    readonly folder: StateFolder,
    readonly name: string,
    readonly path: string,
  ) {}

  /** Part of every code of what is recorded in it. */
  get place(): string {
    return path.posix.join(this.folder.place, this.name)
  }

  /** A descriptor to read from, which the caller closes. Throws a `StateFileError`, or ENOENT. */
  openToRead(maxBytes?: number): number {
    this.folder.check()
    return openChecked(this.path, constants.O_RDONLY, { owners: this.folder.owners, ...(maxBytes && { maxBytes }) })
  }

  openToAppend(): number {
    this.folder.check()
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT
    return openChecked(this.path, flags, { owners: this.folder.owners })
  }

  /** A new, empty file to write to. What stands in its place is set aside. */
  create(): number {
    this.folder.check()
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
    try {
      return openChecked(this.path, flags, { owners: this.folder.owners })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      setAside(this.path, 'is there already')
      return openChecked(this.path, flags, { owners: this.folder.owners })
    }
  }

  /** All of it. Throws a `StateFileError`, or ENOENT. */
  read(maxBytes: number): Buffer {
    const descriptor = this.openToRead(maxBytes)
    try {
      return readOpen(descriptor, maxBytes)
    } finally {
      closeSync(descriptor)
    }
  }

  /** Write it whole or not at all. */
  replace(content: string): void {
    this.folder.check()
    replaceFile(this.path, content)
  }

  /** Length in bytes; 0 where there is none, or nothing that may be read. */
  size(): number {
    return this.stats()?.size ?? 0
  }

  /** Null where there is none, or nothing that may be read. */
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

  /** Out of the way with something that may not be read, so that a file of ours can be made. */
  setAside(problem: string): void {
    if (!this.folder.readOnly) setAside(this.path, problem)
  }
}

function setAside(file: string, problem: string): void {
  const aside = `${file}.refused-${Date.now()}`
  console.error(`${file} ${problem}; it is kept as ${path.basename(aside)}`)
  renameSync(file, aside)
}
