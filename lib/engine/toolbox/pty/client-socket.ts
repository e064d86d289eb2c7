/** The sending side of a PTY client: whether its buffer is full, and whether the client has stopped reading. */
import type { WebSocket } from 'ws'

/** A client counts as full from the first amount of buffered bytes until less than the second is left. */
const highWaterBytes = 1024 * 1024
const lowWaterBytes = 256 * 1024
/** A full client that read nothing for this long is not waited for any more. */
const stallTimeoutMs = 10_000

export class ClientSocket {
  private full = false
  private stalled = false
  private stallTimer: NodeJS.Timeout | null = null

  /** @param onChange called when the client is full, stalls, or has room again */
  constructor(
    private readonly socket: WebSocket,
    private readonly onChange: () => void,
  ) {
    socket.once('close', () => this.clearTimer())
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN
  }

  /** True while so much is buffered that the terminal should slow down. */
  get isFull(): boolean {
    return this.full
  }

  /** True when the client has not read a byte for long: do not wait for it. */
  get isStalled(): boolean {
    return this.stalled
  }

  send(data: string | Uint8Array): void {
    if (!this.isOpen) return
    this.socket.send(data, () => this.onSent())
    if (this.full || this.socket.bufferedAmount < highWaterBytes) return
    this.full = true
    this.restartStallTimer()
    this.onChange()
  }

  close(code: number, reason: string): void {
    if (this.isOpen) this.socket.close(code, reason)
  }

  private onSent(): void {
    if (!this.full) return
    if (this.socket.bufferedAmount < lowWaterBytes || !this.isOpen) {
      this.full = false
      this.stalled = false
      this.clearTimer()
      this.onChange()
      return
    }
    this.restartStallTimer()
  }

  private restartStallTimer(): void {
    this.clearTimer()
    if (this.stalled) return
    this.stallTimer = setTimeout(() => {
      this.stalled = true
      this.onChange()
    }, stallTimeoutMs)
    this.stallTimer.unref()
  }

  private clearTimer(): void {
    if (this.stallTimer) clearTimeout(this.stallTimer)
    this.stallTimer = null
  }
}
