/** How long the hub waits before it asks a target again. */
import { retryDelay } from '../backoff'

/** An engine that was killed is back within seconds, and a try costs it nothing: people should not wait for us. */
const longestMs = 2_000

/** @returns milliseconds; `attempt` is 0 for the first try after a loss */
export function targetRetryDelay(attempt: number): number {
  return Math.min(longestMs, retryDelay(attempt))
}
