/**
 * Writes keystrokes to a terminal without ever waiting. Node's own stream cannot be used for that: libuv writes to a
 * terminal as if it were blocking, so a program that does not read its input made the whole process spin in `writev`.
 */
import { writeSync } from 'node:fs'

/** Bytes that may wait for the program before their senders are held back, and below which they go on. */
const highWater = 256 * 1024
const lowWater = 64 * 1024
/** A full terminal tells nobody when it has room again, so it is tried anew: soon after it took something, then less often. */
const shortestWaitMs = 1
const longestWaitMs = 50

export class TerminalInput {
  private queue: Uint8Array[] = []
  private waiting = 0
  private timer: NodeJS.Timeout | null = null
  private waitMs = shortestWaitMs
  private closed = false
  private full = false

  /** @param onRoom called when waiting input has shrunk to an amount at which senders may go on */
  constructor(
    private readonly descriptor: number,
    private readonly onRoom: () => void,
  ) {}

  /** True while so much input waits that senders should hold back. */
  get isFull(): boolean {
    return this.full
  }

  write(bytes: Uint8Array): void {
    if (this.closed || bytes.length === 0) return
    this.queue.push(bytes)
    this.waiting += bytes.length
    if (!this.timer) this.pump()
    this.full = this.full || this.waiting > highWater
  }

  /** The terminal is gone: what waits is lost, as it is when a window is closed. Its descriptor is not used any more. */
  close(): void {
    this.closed = true
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.queue = []
    this.waiting = 0
    this.makeRoom()
  }

  private pump(): void {
    this.timer = null
    let took = false
    for (let first = this.queue[0]; first; first = this.queue[0]) {
      const length = this.tryWrite(first)
      if (length === 0) break
      took = true
      this.waiting -= length
      if (length < first.length) this.queue[0] = first.subarray(length)
      else this.queue.shift()
    }
    if (this.waiting <= lowWater) this.makeRoom()
    if (this.queue.length === 0) return
    this.waitMs = took ? shortestWaitMs : Math.min(this.waitMs * 2, longestWaitMs)
    this.timer = setTimeout(() => this.pump(), this.waitMs)
  }

  /** Bytes that the terminal took; 0 where it is full. */
  private tryWrite(bytes: Uint8Array): number {
    try {
      return writeSync(this.descriptor, bytes)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0
      this.close()
      return 0
    }
  }

  private makeRoom(): void {
    if (!this.full) return
    this.full = false
    this.onRoom()
  }
}
