import { closeSync, readSync } from 'node:fs'
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net'
import type { PipeStream } from './starter'

/** One buffer for all pipes: a read is handed on before the next one begins. */
const sharedBuffer = Buffer.allocUnsafeSlow(64 * 1024)

/** What a process may enlarge its pipe to; it holds 64 KiB otherwise. */
const longestPipe = 1024 * 1024

/** Both ends of a pipe, the name of the one that a child gets, and what to do when it has it. */
export interface PipeForChild {
  readEnd: number
  writeEnd: number
  stream: PipeStream
  release(): void
}

/** The read end of a pipe that a child writes to, and until it is closed here, the write end. */
export class OutputPipe {
  private readonly socket: Socket
  private writeEnd: number | null
  private over = false
  /** `performance.now()` of the last bytes, or of the opening. */
  lastDataAt = performance.now()
  /** Resolves at end-of-file: no process holds the write end any more. */
  readonly ended: Promise<void>

  private readonly readEnd: number

  constructor(
    private readonly ends: PipeForChild,
    private readonly onData: (bytes: Uint8Array) => void,
  ) {
    const { readEnd, writeEnd } = ends
    this.readEnd = readEnd
    this.writeEnd = writeEnd
    const onread: OnReadOpts = {
      buffer: sharedBuffer,
      callback: (length) => {
        this.lastDataAt = performance.now()
        onData(sharedBuffer.subarray(0, length))
        return true
      },
    }
    // The types know `onread` for `connect` alone, but the constructor takes it as well.
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd: readEnd,
      readable: true,
      writable: false,
      onread,
    }
    this.socket = new Socket(options)
    this.ended = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.over = true
        this.closeWriteEnd()
        resolve()
      })
    })
    // A pipe that cannot be read any more has ended; `close` follows.
    this.socket.on('error', () => this.socket.destroy())
    this.socket.on('end', () => this.socket.destroy())
    this.socket.resume()
  }

  get isEnded(): boolean {
    return this.over
  }

  /** For the child's standard output or error. */
  get stream(): PipeStream {
    if (this.writeEnd === null) throw new Error('the write end is closed')
    return this.ends.stream
  }

  /**
   * Hand on everything that is in the pipe now, without waiting. A write is in the pipe when it returns, so after this
   * call nothing is missing of what a process printed before it told us something by another way. A process that
   * prints all the time does not hold the call: what was in the pipe at its beginning cannot be more than a pipe holds.
   */
  readNow(): void {
    for (let taken = 0; taken < longestPipe && !this.socket.destroyed; ) {
      const length = readAvailable(this.readEnd)
      if (length === 0) return
      taken += length
      this.lastDataAt = performance.now()
      this.onData(sharedBuffer.subarray(0, length))
    }
  }

  /** Until this is called the pipe cannot end. */
  closeWriteEnd(): void {
    if (this.writeEnd === null) return
    closeSync(this.writeEnd)
    this.writeEnd = null
    this.ends.release()
  }

  /** Stop reading; whoever still writes gets SIGPIPE. */
  destroy(): void {
    this.closeWriteEnd()
    this.socket.destroy()
  }
}

/** 0 where nothing is there, or nobody writes any more. */
function readAvailable(descriptor: number): number {
  try {
    return readSync(descriptor, sharedBuffer)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0
    throw error
  }
}
