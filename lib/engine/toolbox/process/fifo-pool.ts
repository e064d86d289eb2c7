/**
 * Real pipes for children. Node gives a child sockets for its standard streams, on which `echo x > /dev/stderr` and
 * `tee /dev/stdout` fail, and it cannot make a pipe; so named pipes are made ahead of need, opened and unlinked.
 *
 * Those of a process that is about to be started lie in a folder of the toolbox's own. Those that a running shell or
 * interpreter opens by name lie in the scratch folder, where sandboxed code can open, but not make or replace anything.
 */
import { closeSync, constants, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { InputPipe } from './input-pipe'
import { OutputPipe } from './output-pipe'
import type { PipeStream, Starter } from './starter'

/** So many are made at once, and again when fewer than a quarter are left. */
const batch = 64

export interface PoolFolders {
  /** For streams of new processes. */
  pipesDir: string
  /** For names that are given to running processes; where this process finds it. */
  scratchDir: string
  /** The same folder as those processes find it. */
  scratchInside: string
}

/** What a new process is given: a stream that has its name until `release`. */
export interface NamedStream {
  stream: PipeStream
  release(): void
}

export class FifoPool {
  private readonly hidden: FreePipes
  private readonly named: FreePipes
  private made = 0

  /** Pipes and files of a dead toolbox are removed from both folders. */
  constructor(
    private readonly folders: PoolFolders,
    starter: Pick<Starter, 'makePipes'>,
  ) {
    this.hidden = new FreePipes(folders.pipesDir, 'p', starter)
    this.named = new FreePipes(folders.scratchDir, 'n', starter)
  }

  /** Resolves when nothing is being made: files would otherwise appear in a folder that is being removed. */
  async settled(): Promise<void> {
    await Promise.all([this.hidden.settled(), this.named.settled()])
  }

  /** Make the first batches ahead of the first command. */
  async prepare(): Promise<void> {
    await Promise.all([this.hidden.prepare(), this.named.prepare()])
  }

  /**
   * A pipe whose write end is for a child and whose bytes are given to `onData` (valid during the call only).
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

  /** A file that a child reads, under no name that the sandbox knows. Release it once the child has it. */
  file(content: string | Uint8Array): NamedStream {
    this.made += 1
    const name = `file-${this.made}`
    writeFileSync(path.join(this.folders.pipesDir, name), content, { mode: 0o600, flag: 'wx' })
    return { stream: { kind: 'file', name }, release: once(() => this.hidden.discard(name)) }
  }

  /**
   * A file that a running process reads by its name.
   * @returns its name as that process knows it; give it back to `discardFile`
   */
  namedFile(kind: string, content: string | Uint8Array): string {
    this.made += 1
    const name = `${this.made}-${kind}`
    writeFileSync(path.join(this.folders.scratchDir, name), content, { mode: 0o600, flag: 'wx' })
    return path.join(this.folders.scratchInside, name)
  }

  discardFile(name: string): void {
    this.named.discard(path.basename(name))
  }

  /**
   * As `output`, with a name by which a process that runs already can open the pipe. Until `closeWriteEnd` that never
   * waits. Give the name back once the pipe has ended.
   */
  namedOutput(onData: (bytes: Uint8Array) => void): Promise<{ name: string; pipe: OutputPipe }> {
    return this.named.use((name) => ({ name: this.inside(name), pipe: openOutput(this.named, name, onData, () => {}) }))
  }

  /** As `input`, with a name. Until `closeReadEnd` opening it never waits; then give the name back with `discard`. */
  namedInput(): Promise<{ name: string; pipe: InputPipe }> {
    return this.named.use((name) => ({ name: this.inside(name), pipe: openInput(this.named, name, () => {}) }))
  }

  /** A named pipe that no process has open any more may be used again. */
  giveBack(name: string): void {
    this.named.giveBack(path.basename(name))
  }

  /** Take the name away from a pipe that is still in use, or that may be. */
  discard(name: string): void {
    this.named.discard(path.basename(name))
  }

  private inside(name: string): string {
    return path.join(this.folders.scratchInside, name)
  }
}

/** Pipes of one folder that nobody uses yet. */
class FreePipes {
  private readonly free: string[] = []
  private filling: Promise<void> | null = null
  private made = 0

  constructor(
    private readonly folder: string,
    private readonly prefix: string,
    private readonly starter: Pick<Starter, 'makePipes'>,
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { force: true, recursive: true })
  }

  /** Where this process finds a pipe. */
  place(name: string): string {
    return path.join(this.folder, name)
  }

  async settled(): Promise<void> {
    await this.filling?.catch(() => undefined)
  }

  prepare(): Promise<void> {
    return this.free.length > 0 ? Promise.resolve() : this.fill()
  }

  giveBack(name: string): void {
    this.free.push(name)
  }

  discard(name: string): void {
    rmSync(this.place(name), { force: true })
  }

  async use<Pipe>(open: (name: string) => Pipe): Promise<Pipe> {
    for (let attempt = 1; ; attempt += 1) {
      const name = await this.take()
      try {
        return open(name)
      } catch (error) {
        this.discard(name)
        if (attempt > 1 || !(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
        // Without isolation, something in the sandbox may have cleaned up the folder, and with it the other free ones.
        this.free.length = 0
      }
    }
  }

  private async take(): Promise<string> {
    for (;;) {
      const name = this.free.pop()
      if (this.free.length < batch / 4 && !this.filling) {
        this.fill().catch((error: unknown) => {
          if (name !== undefined) console.error('pipes could not be made ahead:', error)
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
    const names = Array.from({ length: batch }, () => {
      this.made += 1
      return `${this.prefix}${this.made}`
    })
    await this.starter.makePipes(this.folder, names)
    this.free.push(...names)
  }
}

export interface PipeEnds {
  readStream: PipeStream
  writeStream: PipeStream
  /** The reading child has its end. */
  closeReadEnd(): void
  /** The writing child has its end. */
  closeWriteEnd(): void
}

/** Both ends are held here, so that opening either never waits and end-of-file does not come too early. */
function openBoth(pipes: FreePipes, name: string): PipeEnds {
  const place = pipes.place(name)
  const readEnd = openSync(place, constants.O_RDONLY | constants.O_NONBLOCK)
  const writeEnd = openSync(place, constants.O_WRONLY)
  let open = 2
  const closing = (descriptor: number) =>
    once(() => {
      closeSync(descriptor)
      open -= 1
      if (open === 0) pipes.discard(name)
    })
  return {
    readStream: { kind: 'read-pipe', name },
    writeStream: { kind: 'write-pipe', name },
    closeReadEnd: closing(readEnd),
    closeWriteEnd: closing(writeEnd),
  }
}

function openOutput(
  pipes: FreePipes,
  name: string,
  onData: (bytes: Uint8Array) => void,
  release: () => void,
): OutputPipe {
  const place = pipes.place(name)
  const readEnd = openSync(place, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const ends = { readEnd, writeEnd: openSync(place, constants.O_WRONLY) }
    return new OutputPipe({ ...ends, stream: { kind: 'write-pipe', name }, release }, onData)
  } catch (error) {
    closeSync(readEnd)
    throw error
  }
}

function openInput(pipes: FreePipes, name: string, release: () => void): InputPipe {
  const place = pipes.place(name)
  const readEnd = openSync(place, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const writeEnd = openSync(place, constants.O_WRONLY | constants.O_NONBLOCK)
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
