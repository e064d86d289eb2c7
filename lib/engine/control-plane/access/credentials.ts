/** Who may ask: the engine's key, and the tokens that stand for one sandbox (process API 1.2). */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'
import { previewTokenHeader, previewTokenQuery } from '@/lib/process-api/previews'

/** Compare secrets in constant time, whatever their lengths. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

export function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null
}

/** Check a control-plane request. Throws 401 with the reference's words. */
export function requireKey(headers: IncomingHttpHeaders, apiKey: string): void {
  if (!bringsKey(headers, apiKey)) throw new ApiError('UNAUTHORIZED', 'Invalid credentials')
}

/** Whether a request brings the engine's key. */
export function bringsKey(headers: IncomingHttpHeaders, apiKey: string): boolean {
  const bearer = bearerOf(headers.authorization)
  return bearer !== null && sameSecret(bearer, apiKey)
}

/** A credential that was given: whether it counts, and the reference's words for one that does not. */
export interface GivenCredential {
  readonly kind: 'bearer' | 'header' | 'query'
  readonly valid: boolean
  readonly refusal: string
}

/**
 * The credentials that a request gives for one sandbox, in the order in which they count.
 * @param authToken the sandbox's token; null where the sandbox does not exist, so that a stranger learns nothing of it
 */
export function givenCredentials(
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
  apiKey: string,
  authToken: string | null,
): GivenCredential[] {
  const given: GivenCredential[] = []
  const add = (kind: GivenCredential['kind'], value: unknown, expected: string | null, refusal: string) => {
    if (typeof value !== 'string' || value === '') return
    given.push({ kind, valid: expected !== null && sameSecret(value, expected), refusal })
  }
  add('bearer', bearerOf(headers.authorization), apiKey, 'Bearer token is invalid')
  add('header', headers[previewTokenHeader], authToken, 'Auth key header is invalid')
  add('query', query.get(previewTokenQuery), authToken, 'Auth key query parameter is invalid')
  return given
}

/** The 401 for a request without a credential that counts; it names what was wrong with each. */
export function missingAccess(refusals: readonly string[]): ApiError {
  return new ApiError(
    'UNAUTHORIZED',
    refusals.length === 0
      ? 'missing authentication: provide a preview access token (via header, query parameter, or cookie) or use an API key or JWT'
      : `authentication failed: ${refusals.join(', ')}`,
  )
}

/** Check a toolbox request by any of the forms of the contract; the first valid one wins. Throws 401. */
export function requireToolboxAccess(
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
  apiKey: string,
  authToken: string | null,
): void {
  const given = givenCredentials(headers, query, apiKey, authToken)
  if (!given.some(({ valid }) => valid)) throw missingAccess(given.map(({ refusal }) => refusal))
}
