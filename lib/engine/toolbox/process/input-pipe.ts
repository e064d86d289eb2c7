import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import { ApiError } from '@/lib/process-api/errors'
import { type InputChannel, pipeChannel } from './input-wait/input-channel'
import type { PipeForChild } from './output-pipe'
import type { PipeStream } from './starter'

/** Bytes that may wait for a process that does not read; the kernel's pipe holds 64 KiB beside them. */
export const inputQueueLimit = 4 * 1024 * 1024

/** The write end of a pipe that a child reads from, and until it is closed here, the read end. */
export class InputPipe {
  private readonly socket: Socket
  private readEnd: number | null
  private open = true
  /** By this a process that reads the pipe is recognised. */
  readonly channel: InputChannel
  /** Called once, when nothing can be written any more: end-of-file was sent or the reader has gone. */
  onClose: () => void = () => {}

  constructor(private readonly ends: PipeForChild) {
    const { readEnd, writeEnd } = ends
    this.readEnd = readEnd
    this.channel = pipeChannel(readEnd)
    this.socket = new Socket({ fd: writeEnd, readable: false, writable: true })
    // EPIPE: the process closed its input or has gone.
    this.socket.on('error', () => this.socket.destroy())
    this.socket.on('close', () => this.closed())
  }

  get isOpen(): boolean {
    return this.open
  }

  /** For the child's standard input. */
  get stream(): PipeStream {
    if (this.readEnd === null) throw new Error('the read end is closed')
    return this.ends.stream
  }

  closeReadEnd(): void {
    if (this.readEnd === null) return
    closeSync(this.readEnd)
    this.readEnd = null
    this.ends.release()
  }

  /** Queue bytes for the process. Never blocks; throws an `ApiError` when too much is waiting already. */
  write(bytes: Uint8Array): void {
    if (!this.open) throw new ApiError('GONE', 'the process does not read its input any more')
    const waiting = this.socket.writableLength
    if (waiting + bytes.length > inputQueueLimit) {
      throw new ApiError(
        waiting === 0 ? 'PAYLOAD_TOO_LARGE' : 'TOO_MANY_REQUESTS',
        `the process has not read ${waiting} bytes of earlier input; at most ${inputQueueLimit} bytes can wait`,
        { waitingBytes: waiting, limit: inputQueueLimit },
      )
    }
    this.socket.write(bytes)
  }

  /** Send end-of-file after what was written. */
  end(): void {
    if (!this.open) return
    this.open = false
    this.socket.end(() => this.socket.destroy())
    this.onClose()
  }

  destroy(): void {
    this.closeReadEnd()
    this.socket.destroy()
  }

  private closed(): void {
    this.closeReadEnd()
    if (!this.open) return
    this.open = false
    this.onClose()
  }
}
