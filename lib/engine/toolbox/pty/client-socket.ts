/** The sending side of a PTY client: how much waits, whether it moves, and whether the client has stopped taking bytes. */
import type { WebSocket } from 'ws'

/** Bytes that may wait for a client before it counts as full, and below which it does not any more. */
const highWater = 1024 * 1024
const lowWater = 256 * 1024
/** A full client that took nothing for so long holds nobody up any more. */
const stallMs = 10_000

export class ClientSocket {
  private full = false
  private stalled = false
  private stallTimer: NodeJS.Timeout | null = null

  /** @param onChange called when the client became full, stalled, or has room again */
  constructor(
    private readonly socket: WebSocket,
    private readonly onChange: () => void,
  ) {
    socket.once('close', () => this.clearTimer())
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN
  }

  /** True while so much waits that whoever produces it should slow down. */
  get isFull(): boolean {
    return this.full
  }

  /** True when the client has not taken a byte for long: do not wait for it. */
  get isStalled(): boolean {
    return this.stalled
  }

  send(data: string | Uint8Array): void {
    if (!this.isOpen) return
    this.socket.send(data, () => this.moved())
    if (this.full || this.socket.bufferedAmount < highWater) return
    this.full = true
    this.watch()
    this.onChange()
  }

  close(code: number, reason: string): void {
    if (this.isOpen) this.socket.close(code, reason)
  }

  private moved(): void {
    if (!this.full) return
    if (this.socket.bufferedAmount < lowWater || !this.isOpen) {
      this.full = false
      this.stalled = false
      this.clearTimer()
      this.onChange()
      return
    }
    this.watch()
  }

  private watch(): void {
    this.clearTimer()
    if (this.stalled) return
    this.stallTimer = setTimeout(() => {
      this.stalled = true
      this.onChange()
    }, stallMs)
    this.stallTimer.unref()
  }

  private clearTimer(): void {
    if (this.stallTimer) clearTimeout(this.stallTimer)
    this.stallTimer = null
  }
}
