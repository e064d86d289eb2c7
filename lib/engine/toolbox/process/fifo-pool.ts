/**
 * Real pipes for children. Node gives a child sockets for its standard streams, on which `echo x > /dev/stderr` and
 * `tee /dev/stdout` fail, and it cannot make a pipe; so FIFOs are made ahead of need, opened at both ends and unlinked.
 */
import { execFile } from 'node:child_process'
import { closeSync, constants, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { forSpawn } from './environment'
import { InputPipe } from './input-pipe'
import { OutputPipe } from './output-pipe'

/** One `mkfifo` makes so many (4 ms), and is started again when fewer than a quarter are left. */
const batch = 64

export class FifoPool {
  private readonly free: string[] = []
  private filling: Promise<void> | null = null
  private made = 0
  private readonly folder: string

  /** @param scratchDir a folder that is this toolbox's alone; FIFOs of a dead one are removed from it */
  constructor(
    scratchDir: string,
    private readonly searchPath: string,
  ) {
    this.folder = path.join(scratchDir, 'pipes')
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(this.folder)) rmSync(path.join(this.folder, name), { force: true })
  }

  /** Resolves when nothing is being made: files would otherwise appear in a folder that is being removed. */
  async settled(): Promise<void> {
    await this.filling?.catch(() => undefined)
  }

  /** Make the first batch ahead of the first command. */
  prepare(): Promise<void> {
    return this.free.length > 0 ? Promise.resolve() : this.fill()
  }

  /**
   * A pipe whose write end is for a child and whose bytes are given to `onData` (valid during the call only).
   * The caller must close the write end once the child has it.
   */
  output(onData: (bytes: Uint8Array) => void): Promise<OutputPipe> {
    return this.withFifo((name) => openOutput(name, onData))
  }

  /** A pipe whose read end is for a child. The caller must close the read end once the child has it. */
  input(): Promise<InputPipe> {
    return this.withFifo(openInput)
  }

  /** A pipe from one child to another. The caller must close each end once its child has it. */
  between(): Promise<PipeEnds> {
    return this.withFifo(openBoth)
  }

  /**
   * As `output`, with a name by which a process that runs already can open the pipe. Until `closeWriteEnd` that never
   * waits. Give the name back once the pipe has ended.
   */
  namedOutput(onData: (bytes: Uint8Array) => void): Promise<{ name: string; pipe: OutputPipe }> {
    return this.withFifo((name) => ({ name, pipe: openOutput(name, onData) }), 'keep-name')
  }

  /** As `input`, with a name. Until `closeReadEnd` opening it never waits; then give the name back with `discard`. */
  namedInput(): Promise<{ name: string; pipe: InputPipe }> {
    return this.withFifo((name) => ({ name, pipe: openInput(name) }), 'keep-name')
  }

  /** A named pipe that no process has open any more may be used again. */
  giveBack(name: string): void {
    this.free.push(name)
  }

  /** Take the name away from a pipe that is still in use, or that may be. */
  discard(name: string): void {
    rmSync(name, { force: true })
  }

  private async withFifo<Pipe>(open: (name: string) => Pipe, after: 'unlink' | 'keep-name' = 'unlink'): Promise<Pipe> {
    for (let attempt = 1; ; attempt += 1) {
      const name = await this.take()
      try {
        const pipe = open(name)
        if (after === 'unlink') rmSync(name, { force: true })
        return pipe
      } catch (error) {
        rmSync(name, { force: true })
        if (attempt > 1 || !(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
        // Something in the sandbox cleaned up the folder, and with it the other free ones.
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
      return path.join(this.folder, String(this.made))
    })
    await new Promise<void>((resolve, reject) => {
      const env = forSpawn({ PATH: this.searchPath })
      execFile('mkfifo', ['-m', '600', ...names], { env, windowsHide: true }, (error) => {
        if (error) {
          reject(error)
          return
        }
        this.free.push(...names)
        resolve()
      })
    })
  }
}

export interface PipeEnds {
  readEnd: number
  writeEnd: number
}

function openBoth(name: string): PipeEnds {
  const first = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const writeEnd = openSync(name, constants.O_WRONLY)
    // Without O_NONBLOCK, which would surprise the child.
    return { writeEnd, readEnd: openSync(name, constants.O_RDONLY) }
  } finally {
    closeSync(first)
  }
}

function openOutput(name: string, onData: (bytes: Uint8Array) => void): OutputPipe {
  const readEnd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    return new OutputPipe(readEnd, openSync(name, constants.O_WRONLY), onData)
  } catch (error) {
    closeSync(readEnd)
    throw error
  }
}

function openInput(name: string): InputPipe {
  const first = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const writeEnd = openSync(name, constants.O_WRONLY | constants.O_NONBLOCK)
    // A second description without O_NONBLOCK, which would otherwise surprise the child.
    return new InputPipe(openSync(name, constants.O_RDONLY), writeEnd)
  } finally {
    closeSync(first)
  }
}
