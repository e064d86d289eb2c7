/**
 * One program on its own terminal: input, output up to the last byte, size and exit.
 *
 * libuv treats a hang-up right after a short read as the end of the output. But a terminal returns its buffer in short
 * reads, so one in eight runs of a program that prints 20,000 bytes and exits lost up to 8 KB (measured: 123 of 1,000).
 * Therefore the rest is read here, directly: until EIO, which means that no process has the terminal open any more, or
 * until EAGAIN after the exit, which means that all output was read (the kernel flushes it first) while a process that
 * the program left behind still has the terminal open.
 */
import { readSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import type { ExecutionEnd } from '../../linux/execution-end'
import { type ProcessEntry, readChild } from '../../linux/process-table'
import { type InputChannel, terminalChannel } from '../process/input-wait/input-channel'
import { loadNative } from '../process/native-pty'
import type { StartedOnTerminal, Starter } from '../process/starter'
import { TerminalInput } from './terminal-input'

export interface TerminalRequest {
  file: string
  args: string[]
  /** Absolute and existing. */
  cwd: string
  env: Readonly<Record<string, string>>
  cols: number
  rows: number
}

const readBuffer = Buffer.allocUnsafeSlow(64 * 1024)

export class Terminal {
  readonly pid: number
  /** The process that adopts what the program orphans, where there is one. */
  readonly supervisor: number | null
  readonly entry: ProcessEntry | undefined
  /** Identifies the terminal to find the processes that read it; null where that is not possible. */
  readonly channel: InputChannel | null
  /** Resolves after the last byte was passed to `onData`. Death by signal n is exit code 128 + n. */
  readonly exited: Promise<ExecutionEnd>
  /** Called when queued input was written. */
  onDrain: () => void = () => {}
  private readonly descriptor: number
  private readonly stream: ReadStream
  private readonly input: TerminalInput
  private exit: ExecutionEnd | null = null
  private drained = false
  private resolveExited: (end: ExecutionEnd) => void = () => {}

  /**
   * Start a program on its own terminal. Rejects with a `SpawnError`.
   * @param onData receives the program's output; each chunk is its own buffer
   */
  static async open(
    starter: Starter,
    { cols, rows, ...request }: TerminalRequest,
    onData: (bytes: Uint8Array) => void,
  ): Promise<Terminal> {
    return new Terminal(await starter.startOnTerminal(request, { cols, rows }), onData)
  }

  private constructor(
    child: StartedOnTerminal,
    private readonly onData: (bytes: Uint8Array) => void,
  ) {
    this.exited = new Promise((resolve) => {
      this.resolveExited = resolve
    })
    this.pid = child.pid
    this.supervisor = child.supervisor
    this.entry = readChild(child.pid)
    this.channel = terminalChannel(child.device, child.pid)
    this.descriptor = child.descriptor
    this.stream = new ReadStream(child.descriptor)
    void child.exited.then((end) => this.programExited(end))
    this.stream.on('data', (bytes: Buffer) => this.onData(bytes))
    this.input = new TerminalInput(child.descriptor, () => this.onDrain())
    // After a failed read (EIO) nothing is left and the descriptor is closed; at `end` the descriptor is still open.
    this.stream.on('error', () => {
      this.drained = true
      this.input.close()
      this.finish()
    })
    this.stream.on('end', () => {
      this.drain()
      this.finish()
    })
  }

  /** True while so much input is queued that senders should pause. */
  get isInputFull(): boolean {
    return this.input.isFull
  }

  write(bytes: Uint8Array): void {
    this.input.write(bytes)
  }

  resize(cols: number, rows: number): void {
    if (!this.drained && !this.exit) loadNative().resize(this.descriptor, cols, rows)
  }

  /** Stop reading: the program blocks once the kernel's buffer is full. */
  pause(): void {
    this.stream.pause()
  }

  resume(): void {
    if (!this.drained) this.stream.resume()
  }

  private programExited(end: ExecutionEnd): void {
    this.exit = end
    this.drain()
    this.finish()
  }

  private drain(): void {
    if (this.drained) return
    this.drained = true
    this.input.close()
    this.stream.pause()
    for (let bytes = this.stream.read(); bytes !== null; bytes = this.stream.read()) this.onData(bytes)
    for (;;) {
      const length = this.readAvailable()
      if (length === 0) return
      this.onData(Uint8Array.prototype.slice.call(readBuffer, 0, length))
    }
  }

  /** 0 at EIO (no process has the terminal open), EAGAIN (nothing to read) and end-of-file. */
  private readAvailable(): number {
    try {
      return readSync(this.descriptor, readBuffer)
    } catch {
      // After any other failure nothing more can be read either.
      return 0
    }
  }

  private finish(): void {
    if (!this.exit || !this.drained) return
    this.stream.destroy()
    this.resolveExited(this.exit)
  }
}
