/** What happens after the connection to a target is lost: whether, and when, to try again. */
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import { type Problem, TargetError, toProblem } from '@/lib/process-api/problem'
import { retryDelay } from '../backoff'

/** A restarted engine is back within seconds, and an attempt costs it nothing, so viewers should not wait longer. */
const maxDelayMs = 2_000
/** After a connection that lasted this long, the delays start again with the shortest. */
const stableAfterMs = 5_000

export class TargetRetry {
  private attempt = 0
  private connectedAt: number | null = null
  private timer: NodeJS.Timeout | null = null

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

  /** Connect again after the next delay, which is returned, in ms. */
  schedule(connect: () => void): number {
    const delayMs = this.nextDelayMs()
    this.timer = setTimeout(connect, delayMs)
    return delayMs
  }

  cancel(): void {
    if (this.timer) clearTimeout(this.timer)
  }
}

/** Log what is neither a target's failure nor its refusal. */
export function reportUnexpected(error: unknown, what: string): void {
  if (!(error instanceof TargetError || error instanceof ApiError)) log.error({ err: error }, what)
}

/** The problem that viewers see. @param what the log's sentence for an unexpected error */
export function problemOf(error: unknown, what: string): Problem {
  reportUnexpected(error, what)
  return toProblem(error)
}

/** True where a retry cannot help: what is asked for does not exist, or the target does not support it. */
export function isPermanent(error: unknown): boolean {
  if (error instanceof TargetError) return error.code === 'TARGET_UNKNOWN' || error.code === 'TARGET_UNSUPPORTED'
  if (!(error instanceof ApiError)) return false
  return error.status < 500 && error.code !== 'CONFLICT' && error.code !== 'TOO_MANY_REQUESTS' && error.status !== 408
}
