/**
 * Writes keystrokes to a terminal without blocking. Node's own stream cannot be used: libuv writes to a terminal as if
 * it were blocking, so a program that does not read its input made the whole process spin in `writev`.
 */
import { writeSync } from 'node:fs'

/** Senders are paused when more bytes than the first are queued, and resumed at the second. */
const highWaterBytes = 256 * 1024
const lowWaterBytes = 64 * 1024
/** Nothing reports that a full terminal has room again, so the write is retried: soon after a success, then less often. */
const minRetryMs = 1
const maxRetryMs = 50

export class TerminalInput {
  private queue: Uint8Array[] = []
  private queuedBytes = 0
  private timer: NodeJS.Timeout | null = null
  private retryMs = minRetryMs
  private closed = false
  private full = false

  /** @param onDrain called when so much of the queue was written that senders may resume */
  constructor(
    private readonly descriptor: number,
    private readonly onDrain: () => void,
  ) {}

  /** True while so much input is queued that senders should pause. */
  get isFull(): boolean {
    return this.full
  }

  write(bytes: Uint8Array): void {
    if (this.closed || bytes.length === 0) return
    this.queue.push(bytes)
    this.queuedBytes += bytes.length
    if (!this.timer) this.writeQueue()
    this.full = this.full || this.queuedBytes > highWaterBytes
  }

  /** Drop the queue, as closing a terminal window does. The descriptor is not used any more. */
  close(): void {
    this.closed = true
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.queue = []
    this.queuedBytes = 0
    this.reportDrain()
  }

  private writeQueue(): void {
    this.timer = null
    let wroteSome = false
    for (let first = this.queue[0]; first; first = this.queue[0]) {
      const length = this.tryWrite(first)
      if (length === 0) break
      wroteSome = true
      this.queuedBytes -= length
      if (length < first.length) this.queue[0] = first.subarray(length)
      else this.queue.shift()
    }
    if (this.queuedBytes <= lowWaterBytes) this.reportDrain()
    if (this.queue.length === 0) return
    this.retryMs = wroteSome ? minRetryMs : Math.min(this.retryMs * 2, maxRetryMs)
    this.timer = setTimeout(() => this.writeQueue(), this.retryMs)
  }

  /** The number of bytes that were written; 0 where the terminal is full. */
  private tryWrite(bytes: Uint8Array): number {
    try {
      return writeSync(this.descriptor, bytes)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0
      this.close()
      return 0
    }
  }

  private reportDrain(): void {
    if (!this.full) return
    this.full = false
    this.onDrain()
  }
}
