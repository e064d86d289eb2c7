/** Pings of one connection: the round-trip time, and whether the other end still responds. */

/** When nothing was received for this long after a ping, the connection is dead, whatever the socket's state says. */
const responseTimeoutMs = 4_000

export class PingTracker {
  private n = 0
  private sentAt = 0
  private isPending = false
  private receivedAt = 0

  /** A new connection: no reply is pending. */
  reset(): void {
    this.isPending = false
    this.receivedAt = Date.now()
  }

  /** Anything was received, which proves that the connection works. */
  received(): void {
    this.receivedAt = Date.now()
  }

  /** @returns the number of the ping to send */
  next(): number {
    this.n += 1
    this.sentAt = performance.now()
    this.isPending = true
    return this.n
  }

  /** @returns the round-trip time in ms; null for a pong that is not awaited */
  pong(n: number): number | null {
    if (n !== this.n || !this.isPending) return null
    this.isPending = false
    return this.sincePingMs
  }

  get sincePingMs(): number {
    return performance.now() - this.sentAt
  }

  get silenceMs(): number {
    return Date.now() - this.receivedAt
  }

  /** Whether nothing was received since the last ping, so that another one would only restart its time limit. */
  get isAwaiting(): boolean {
    return this.isPending && this.silenceMs >= this.sincePingMs
  }

  /** Any message counts as a response, since a pong may be queued behind other data. */
  get isTimedOut(): boolean {
    return this.isAwaiting && this.sincePingMs >= responseTimeoutMs
  }
}
