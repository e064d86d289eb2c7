import { ApiError } from '@/lib/process-api/errors'

/**
 * Throws `TOO_MANY_REQUESTS` if a sandbox has reached a limit.
 * @param what the limited things, plural
 * @param setting name of the engine setting for the limit
 */
export function requireBelowLimit(limit: number, count: number, what: string, setting: string): void {
  if (count < limit) return
  const message = `this sandbox has reached its limit of ${limit} ${what} (${setting}); delete one that you do not need`
  throw new ApiError('TOO_MANY_REQUESTS', message, { limit })
}
