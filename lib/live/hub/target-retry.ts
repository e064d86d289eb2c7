/** Delays between the attempts to connect to a target. */
import { retryDelay } from '../backoff'

/** A restarted engine is back within seconds, and an attempt costs it nothing, so viewers should not wait longer. */
const maxDelayMs = 2_000
/** After a connection that lasted this long, the delays start again with the shortest. */
const stableAfterMs = 5_000

export class TargetRetry {
  private attempt = 0
  private connectedAt: number | null = null

  connected(): void {
    this.connectedAt = Date.now()
  }

  /** The delay before the next attempt, in ms. Call it once after each failure. */
  nextDelayMs(): number {
    if (this.connectedAt !== null && Date.now() - this.connectedAt >= stableAfterMs) this.attempt = 0
    this.connectedAt = null
    const delayMs = Math.min(maxDelayMs, retryDelay(this.attempt))
    this.attempt += 1
    return delayMs
  }
}
