import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import { ApiError } from '@/lib/process-api/errors'
import { type InputChannel, pipeChannel } from './input-wait/input-channel'
import type { PipeForChild } from './output-pipe'
import type { PipeStream } from './starter'

/** Bytes queued for a process that does not read, in addition to the 64 KiB in the kernel's pipe. */
export const maxInputQueueBytes = 4 * 1024 * 1024

/** Why input is refused: too much at once, or too much that is still unread. */
export function inputRefusal(reader: 'process' | 'command', waitingBytes: number, newBytes: number): ApiError {
  const details = { waitingBytes, limit: maxInputQueueBytes }
  if (waitingBytes === 0) {
    const message = `the input has ${newBytes} bytes, and at most ${maxInputQueueBytes} bytes can be queued: send it in parts`
    return new ApiError('PAYLOAD_TOO_LARGE', message, details)
  }
  const message = `the ${reader} has not read ${waitingBytes} bytes of earlier input; at most ${maxInputQueueBytes} bytes can be queued`
  return new ApiError('TOO_MANY_REQUESTS', message, details)
}

/** The write end of a pipe that a child reads from. Also holds the read end until `closeReadEnd`. */
export class InputPipe {
  private readonly socket: Socket
  private readEnd: number | null
  private open = true
  /** Identifies the pipe among the descriptors of a process. */
  readonly channel: InputChannel
  /** Called once, when no more input can be written: end-of-file was sent, or the reader closed the pipe. */
  onClose: () => void = () => {}

  constructor(private readonly ends: PipeForChild) {
    const { readEnd, writeEnd } = ends
    this.readEnd = readEnd
    this.channel = pipeChannel(readEnd)
    this.socket = new Socket({ fd: writeEnd, readable: false, writable: true })
    // EPIPE: the process closed its input or has exited.
    this.socket.on('error', () => this.socket.destroy())
    this.socket.on('close', () => this.closed())
  }

  get isOpen(): boolean {
    return this.open
  }

  /** The child's standard input. */
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

  /** Queue bytes for the process. Never blocks; throws an `ApiError` if the queue is full. */
  write(bytes: Uint8Array): void {
    if (!this.open) throw new ApiError('GONE', 'the process no longer reads its input')
    const waiting = this.socket.writableLength
    if (waiting + bytes.length > maxInputQueueBytes) {
      throw inputRefusal('process', waiting, bytes.length)
    }
    this.socket.write(bytes)
  }

  /** Send end-of-file after all queued bytes. */
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
