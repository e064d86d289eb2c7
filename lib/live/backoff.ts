/** The delay before a lost connection is retried. */

const firstDelayMs = 400
const maxDelayMs = 15_000

/**
 * Doubles from 0.4 s to 15 s. Each delay is random in the upper half of its range, so that the tabs of a restarted
 * console do not all reconnect at the same moment.
 * @param attempt 0 for the first retry after a loss
 * @param random 0 to 1, as `Math.random`
 * @returns milliseconds
 */
export function retryDelay(attempt: number, random: () => number = Math.random): number {
  const max = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempt, 16))
  return Math.round(max / 2 + (max / 2) * random())
}
