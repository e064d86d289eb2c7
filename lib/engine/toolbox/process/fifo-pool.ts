/**
 * Real pipes for children. Node uses sockets for a child's standard streams, on which `echo x > /dev/stderr` and
 * `tee /dev/stdout` fail, and cannot create pipes. So named pipes are created in advance, opened and unlinked.
 *
 * Pipes of processes that are about to be started are in a private folder of the toolbox. Pipes that a running shell or
 * interpreter opens by name are in the scratch folder, where sandboxed code can open but not create or replace files.
 */
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { log } from '@/lib/log/log'
import { isMissing } from '../../state/files'
import { InputPipe } from './input-pipe'
import { OutputPipe } from './output-pipe'
import type { PipeStream, Starter } from './starter'

/** Pipes are created in batches, again when less than a quarter of a batch is left. */
const batchSize = 64

export interface PoolFolders {
  /** For streams of new processes. */
  pipesDir: string
  /** For pipes that running processes open by name, as seen by this process. */
  scratchDir: string
  /** The same folder as seen by those processes. */
  scratchInside: string
}

/** A stream for a new process, whose name exists until `release`. */
export interface NamedStream {
  stream: PipeStream
  release(): void
}

export class FifoPool {
  private readonly hidden: FreePipes
  private readonly named: FreePipes
  private counter = 0

  /** Removes pipes and files of an earlier toolbox from both folders. */
  constructor(
    private readonly folders: PoolFolders,
    starter: Pick<Starter, 'makePipes'>,
  ) {
    this.hidden = new FreePipes(folders.pipesDir, 'p', starter)
    this.named = new FreePipes(folders.scratchDir, 'n', starter)
  }

  /** Resolves when no pipes are being created, so that the folders can be removed. */
  async settled(): Promise<void> {
    await Promise.all([this.hidden.settled(), this.named.settled()])
  }

  /** Create the first batches before the first command. */
  async prepare(): Promise<void> {
    await Promise.all([this.hidden.prepare(), this.named.prepare()])
  }

  /**
   * A pipe whose write end is for a child and whose bytes are passed to `onData` (valid only during the call).
   * The caller must close the write end once the child has it.
   */
  output(onData: (bytes: Uint8Array) => void): Promise<OutputPipe> {
    return this.hidden.use((name) => openOutput(this.hidden, name, onData, () => this.hidden.discard(name)))
  }

  /** A pipe whose read end is for a child. The caller must close the read end once the child has it. */
  input(): Promise<InputPipe> {
    return this.hidden.use((name) => openInput(this.hidden, name, () => this.hidden.discard(name)))
  }

  /** A pipe from one child to another. The caller must close each end once its child has it. */
  between(): Promise<PipeEnds> {
    return this.hidden.use((name) => openBoth(this.hidden, name))
  }

  /** A file that a child reads, without a name in the sandbox. Release it once the child has it. */
  file(content: string | Uint8Array): NamedStream {
    this.counter += 1
    const name = `file-${this.counter}`
    writeFileSync(path.join(this.folders.pipesDir, name), content, { mode: 0o600, flag: 'wx' })
    return { stream: { kind: 'file', name }, release: once(() => this.hidden.discard(name)) }
  }

  /**
   * A file that a running process opens by name.
   * @returns the path as that process sees it; pass it to `discardFile` later
   */
  namedFile(kind: string, content: string | Uint8Array): string {
    this.counter += 1
    const name = `${this.counter}-${kind}`
    writeFileSync(path.join(this.folders.scratchDir, name), content, { mode: 0o600, flag: 'wx' })
    return path.join(this.folders.scratchInside, name)
  }

  discardFile(name: string): void {
    this.named.discard(path.basename(name))
  }

  /**
   * As `output`, with a name that a running process can open; opening never blocks before `closeWriteEnd`. Pass the name
   * to `recycle` once the pipe has ended.
   */
  namedOutput(onData: (bytes: Uint8Array) => void): Promise<{ name: string; pipe: OutputPipe }> {
    return this.named.use((name) => ({ name: this.inside(name), pipe: openOutput(this.named, name, onData, () => {}) }))
  }

  /** As `input`, with a name; opening never blocks before `closeReadEnd`. Pass the name to `discard` later. */
  namedInput(): Promise<{ name: string; pipe: InputPipe }> {
    return this.named.use((name) => ({ name: this.inside(name), pipe: openInput(this.named, name, () => {}) }))
  }

  /** False if a process of the sandbox has removed the name, or if a shell that opened it afterwards has made a file. */
  hasNamed(name: string): boolean {
    return statSync(this.named.pathOf(path.basename(name)), { throwIfNoEntry: false })?.isFIFO() ?? false
  }

  /**
   * Hold one more end of a named pipe until the returned function is called: a reader keeps what was written, a writer
   * prevents end-of-file.
   */
  holdNamed(name: string, end: 'read' | 'write'): () => void {
    const access = end === 'read' ? constants.O_RDONLY : constants.O_WRONLY
    const descriptor = openSync(this.named.pathOf(path.basename(name)), access | constants.O_NONBLOCK)
    return once(() => closeSync(descriptor))
  }

  /** Reuse a named pipe that no process has open. */
  recycle(name: string): void {
    this.named.recycle(path.basename(name))
  }

  /** Remove the name of a pipe that may still be in use. */
  discard(name: string): void {
    this.named.discard(path.basename(name))
  }

  private inside(name: string): string {
    return path.join(this.folders.scratchInside, name)
  }
}

/** Unused pipes of one folder. */
class FreePipes {
  private readonly free: string[] = []
  private filling: Promise<void> | null = null
  private counter = 0

  constructor(
    private readonly folder: string,
    private readonly prefix: string,
    private readonly starter: Pick<Starter, 'makePipes'>,
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { force: true, recursive: true })
  }

  /** Path of a pipe, as seen by this process. */
  pathOf(name: string): string {
    return path.join(this.folder, name)
  }

  async settled(): Promise<void> {
    await this.filling?.catch(() => undefined)
  }

  prepare(): Promise<void> {
    return this.free.length > 0 ? Promise.resolve() : this.fill()
  }

  recycle(name: string): void {
    this.free.push(name)
  }

  discard(name: string): void {
    // `rmSync` takes several times as long.
    try {
      unlinkSync(this.pathOf(name))
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  async use<Pipe>(open: (name: string) => Pipe): Promise<Pipe> {
    for (let attempt = 1; ; attempt += 1) {
      const name = await this.take()
      try {
        return open(name)
      } catch (error) {
        this.discard(name)
        if (attempt > 1 || !(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
        // Without isolation, a program may have removed the folder's contents, including the other free pipes.
        this.free.length = 0
      }
    }
  }

  private async take(): Promise<string> {
    for (;;) {
      const name = this.free.pop()
      if (this.free.length < batchSize / 4 && !this.filling) {
        this.fill().catch((error: unknown) => {
          if (name !== undefined) log.error({ err: error }, 'could not preallocate pipes')
        })
      }
      if (name !== undefined) return name
      await this.filling
    }
  }

  private fill(): Promise<void> {
    this.filling ??= this.make().finally(() => {
      this.filling = null
    })
    return this.filling
  }

  private async make(): Promise<void> {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    const names = Array.from({ length: batchSize }, () => {
      this.counter += 1
      return `${this.prefix}${this.counter}`
    })
    await this.starter.makePipes(this.folder, names)
    this.free.push(...names)
  }
}

export interface PipeEnds {
  readStream: PipeStream
  writeStream: PipeStream
  /** Call when the reading child has its end. */
  closeReadEnd(): void
  /** Call when the writing child has its end. */
  closeWriteEnd(): void
}

/** Hold both ends, so that opening either never blocks and end-of-file does not come too early. */
function openBoth(pipes: FreePipes, name: string): PipeEnds {
  const file = pipes.pathOf(name)
  const readEnd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  const writeEnd = openSync(file, constants.O_WRONLY)
  let open = 2
  const closer = (descriptor: number) =>
    once(() => {
      closeSync(descriptor)
      open -= 1
      if (open === 0) pipes.discard(name)
    })
  return {
    readStream: { kind: 'read-pipe', name },
    writeStream: { kind: 'write-pipe', name },
    closeReadEnd: closer(readEnd),
    closeWriteEnd: closer(writeEnd),
  }
}

function openOutput(
  pipes: FreePipes,
  name: string,
  onData: (bytes: Uint8Array) => void,
  release: () => void,
): OutputPipe {
  const file = pipes.pathOf(name)
  const readEnd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const ends = { readEnd, writeEnd: openSync(file, constants.O_WRONLY) }
    return new OutputPipe({ ...ends, stream: { kind: 'write-pipe', name }, release }, onData)
  } catch (error) {
    closeSync(readEnd)
    throw error
  }
}

function openInput(pipes: FreePipes, name: string, release: () => void): InputPipe {
  const file = pipes.pathOf(name)
  const readEnd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const writeEnd = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK)
    return new InputPipe({ readEnd, writeEnd, stream: { kind: 'read-pipe', name }, release })
  } catch (error) {
    closeSync(readEnd)
    throw error
  }
}

function once(run: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    run()
  }
}
