/** Who may ask: the engine's key, and the tokens that stand for one sandbox (process API 1.2). */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'

/** Compare secrets in constant time, whatever their lengths. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

export function bearerOf(headers: IncomingHttpHeaders): string | null {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? null
}

/** Check a control-plane request. Throws 401 with the reference's words. */
export function requireKey(headers: IncomingHttpHeaders, apiKey: string): void {
  const bearer = bearerOf(headers)
  if (bearer === null || !sameSecret(bearer, apiKey)) throw new ApiError('UNAUTHORIZED', 'Invalid credentials')
}

export const previewTokenHeader = 'x-daytona-preview-token'
export const previewTokenQuery = 'DAYTONA_SANDBOX_AUTH_KEY'

/**
 * Check a toolbox request by any of the forms of the contract; the first valid one wins.
 * @param authToken the sandbox's token; null where the sandbox does not exist, so that a stranger learns nothing of it
 * Throws 401 naming what was wrong.
 */
export function requireToolboxAccess(
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
  apiKey: string,
  authToken: string | null,
): void {
  const reasons: string[] = []
  const bearer = bearerOf(headers)
  if (bearer !== null) {
    if (sameSecret(bearer, apiKey)) return
    reasons.push('Bearer token is invalid')
  }
  const tokens = [
    ['Auth key header is invalid', headers[previewTokenHeader]],
    ['Auth key query parameter is invalid', query.get(previewTokenQuery)],
  ] as const
  for (const [reason, token] of tokens) {
    if (typeof token !== 'string' || token === '') continue
    if (authToken !== null && sameSecret(token, authToken)) return
    reasons.push(reason)
  }
  throw new ApiError(
    'UNAUTHORIZED',
    reasons.length === 0
      ? 'missing authentication: provide a preview access token (via header, query parameter, or cookie) or use an API key or JWT'
      : `authentication failed: ${reasons.join(', ')}`,
  )
}
