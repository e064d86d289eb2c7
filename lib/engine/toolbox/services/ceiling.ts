import { ApiError } from '@/lib/process-api/errors'

/**
 * Throws `TOO_MANY_REQUESTS` where a sandbox has as many of something as it may.
 * @param setting the engine's setting behind the limit
 */
export function requireBelow(limit: number, count: number, what: string, setting: string): void {
  if (count < limit) return
  const sentence = `this sandbox has its most of ${limit} ${what} (${setting}); delete one that is not needed`
  throw new ApiError('TOO_MANY_REQUESTS', sentence, { limit })
}
