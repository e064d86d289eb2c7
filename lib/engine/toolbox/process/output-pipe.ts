import { closeSync, readSync } from 'node:fs'
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net'
import type { PipeStream } from './starter'

/** One buffer for all pipes: each read is delivered before the next one starts. */
const sharedBuffer = Buffer.allocUnsafeSlow(64 * 1024)

/** Maximum size to which a process can enlarge a pipe; the default is 64 KiB. */
const maxPipeBytes = 1024 * 1024

/** Both ends of a pipe, the stream for the child, and a callback to release the name once the child has it. */
export interface PipeForChild {
  readEnd: number
  writeEnd: number
  stream: PipeStream
  release(): void
}

/** The read end of a pipe that a child writes to. Also holds the write end until `closeWriteEnd`. */
export class OutputPipe {
  private readonly socket: Socket
  private writeEnd: number | null
  private hasEnded = false
  /** `performance.now()` at the last bytes, or at the opening. */
  lastDataAt = performance.now()
  /** Resolves at end-of-file, when no process holds the write end. */
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
    // The types declare `onread` only for `connect`, but the constructor accepts it too.
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd: readEnd,
      readable: true,
      writable: false,
      onread,
    }
    this.socket = new Socket(options)
    this.ended = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.hasEnded = true
        this.closeWriteEnd()
        resolve()
      })
    })
    // A read error ends the pipe; `close` follows.
    this.socket.on('error', () => this.socket.destroy())
    this.socket.on('end', () => this.socket.destroy())
    this.socket.resume()
  }

  get isEnded(): boolean {
    return this.hasEnded
  }

  /** The child's standard output or error. */
  get stream(): PipeStream {
    if (this.writeEnd === null) throw new Error('the write end is closed')
    return this.ends.stream
  }

  /**
   * Deliver everything that is in the pipe now, without waiting. A write is in the pipe when it returns, so after this
   * call all output is delivered that a process printed before it signalled anything in another way. The call reads at
   * most as much as a pipe can hold, so a process that keeps printing does not block it.
   */
  readNow(): void {
    for (let total = 0; total < maxPipeBytes && !this.socket.destroyed; ) {
      const length = readAvailable(this.readEnd)
      if (length === 0) return
      total += length
      this.lastDataAt = performance.now()
      this.onData(sharedBuffer.subarray(0, length))
    }
  }

  /** The pipe cannot end before this is called. */
  closeWriteEnd(): void {
    if (this.writeEnd === null) return
    closeSync(this.writeEnd)
    this.writeEnd = null
    this.ends.release()
  }

  /** Stop reading. Processes that still write get SIGPIPE. */
  destroy(): void {
    this.closeWriteEnd()
    this.socket.destroy()
  }
}

/** Read available bytes into the shared buffer; 0 if there are none, or at the end. */
function readAvailable(descriptor: number): number {
  try {
    return readSync(descriptor, sharedBuffer)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0
    throw error
  }
}
