/** How long to wait before the next try of a lost connection. */

const firstMs = 400
const longestMs = 15_000

/**
 * Doubles from 0.4 s to 15 s, each wait drawn from the upper half of its span, so that the tabs of a restarted console
 * do not all come back in the same moment.
 * @param attempt 0 for the first try after a loss
 * @param random 0 to 1, as `Math.random`
 * @returns milliseconds
 */
export function retryDelay(attempt: number, random: () => number = Math.random): number {
  const span = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 16))
  return Math.round(span / 2 + (span / 2) * random())
}
