/**
 * One program on a terminal of its own: bytes in, bytes out to the very last one, size, exit.
 *
 * libuv takes a hang-up right after a short read for the end, although a terminal hands out its buffer in short reads,
 * so up to 8 KB were missing in one of eight runs of a program that prints 20,000 bytes and exits (measured: 123 of
 * 1,000). Therefore the rest is read here, directly: until EIO, which says that nobody has the terminal open any more, or
 * until EAGAIN once the program has exited, which says that all that it wrote was read (the kernel flushes before it
 * answers so) and that something that it left behind still holds the terminal.
 */
import { readSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { noteChild, type ProcessEntry } from '../../linux/process-table'
import type { ExecutionEnd } from '../../linux/verdict'
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

const buffer = Buffer.allocUnsafeSlow(64 * 1024)

export class Terminal {
  readonly pid: number
  /** The parent of everything that the program orphans, where there is one. */
  readonly supervisor: number | null
  readonly entry: ProcessEntry | undefined
  /** By this a process that reads the terminal is recognised; null where that is not possible. */
  readonly channel: InputChannel | null
  /** Resolves after the last byte was given to `onData`. A death by a signal is 128 + n. */
  readonly exited: Promise<ExecutionEnd>
  /** Called when waiting input has been written. */
  onDrain: () => void = () => {}
  private readonly descriptor: number
  private readonly stream: ReadStream
  private readonly input: TerminalInput
  private exit: ExecutionEnd | null = null
  private drained = false
  private announce: (end: ExecutionEnd) => void = () => {}

  /**
   * Start a program on a terminal of its own. Rejects with a `SpawnError`.
   * @param onData bytes of the program, each chunk a buffer of its own
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
      this.announce = resolve
    })
    this.pid = child.pid
    this.supervisor = child.supervisor
    this.entry = noteChild(child.pid)
    this.channel = terminalChannel(child.device, child.pid)
    this.descriptor = child.descriptor
    this.stream = new ReadStream(child.descriptor)
    void child.exited.then((end) => this.programExited(end))
    this.stream.on('data', (bytes: Buffer) => this.onData(bytes))
    this.input = new TerminalInput(child.descriptor, () => this.onDrain())
    // A read that fails (EIO) had found nothing more, and its descriptor is closed by now; at `end` it is still open.
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

  get hasExited(): boolean {
    return this.exit !== null
  }

  /** True while so much input waits that senders should hold back. */
  get isInputFull(): boolean {
    return this.input.isFull
  }

  write(bytes: Uint8Array): void {
    this.input.write(bytes)
  }

  resize(cols: number, rows: number): void {
    if (!this.drained && !this.exit) loadNative().resize(this.descriptor, cols, rows)
  }

  /** Stop reading: the program is held up once the kernel's buffer is full. */
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
    for (let kept = this.stream.read(); kept !== null; kept = this.stream.read()) this.onData(kept)
    for (;;) {
      const length = this.readAvailable()
      if (length === 0) return
      this.onData(Uint8Array.prototype.slice.call(buffer, 0, length))
    }
  }

  /** 0 at EIO (nobody has the terminal open), EAGAIN (nothing is there) and end-of-file. */
  private readAvailable(): number {
    try {
      return readSync(this.descriptor, buffer)
    } catch {
      // Any other failure also means that there is nothing more to be had.
      return 0
    }
  }

  private finish(): void {
    if (!this.exit || !this.drained) return
    this.stream.destroy()
    this.announce(this.exit)
  }
}
