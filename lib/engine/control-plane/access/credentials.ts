/** Authentication: the engine's key, and tokens for single sandboxes (process API 1.2). */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'
import { previewTokenHeader, previewTokenQuery } from '@/lib/process-api/previews'

/** Compare secrets of any length in constant time. */
export function secretsEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

export function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null
}

/** Authenticate a control-plane request. Throws 401 with the reference's message. */
export function requireKey(headers: IncomingHttpHeaders, apiKey: string): void {
  if (!hasKey(headers, apiKey)) throw new ApiError('UNAUTHORIZED', 'Invalid credentials')
}

/** Whether a request carries the engine's key. */
export function hasKey(headers: IncomingHttpHeaders, apiKey: string): boolean {
  const bearer = bearerOf(headers.authorization)
  return bearer !== null && secretsEqual(bearer, apiKey)
}

/** A credential in a request: whether it is valid, and the reference's message if not. */
export interface Credential {
  readonly kind: 'bearer' | 'header' | 'query'
  readonly valid: boolean
  readonly problem: string
}

/**
 * All credentials in a request for one sandbox, in order of precedence.
 * @param authToken the sandbox's token; null for an unknown sandbox, so that the response does not reveal what exists
 */
export function credentialsOf(
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
  apiKey: string,
  authToken: string | null,
): Credential[] {
  const given: Credential[] = []
  const add = (kind: Credential['kind'], value: unknown, expected: string | null, problem: string) => {
    if (typeof value !== 'string' || value === '') return
    given.push({ kind, valid: expected !== null && secretsEqual(value, expected), problem: problem })
  }
  add('bearer', bearerOf(headers.authorization), apiKey, 'Bearer token is invalid')
  add('header', headers[previewTokenHeader], authToken, 'Auth key header is invalid')
  add('query', query.get(previewTokenQuery), authToken, 'Auth key query parameter is invalid')
  return given
}

/** The 401 for a request without a valid credential; lists what was wrong with each. */
export function accessError(refusals: readonly string[]): ApiError {
  return new ApiError(
    'UNAUTHORIZED',
    // The text of the reference, which clients compare with. This engine itself accepts no JWT.
    refusals.length === 0
      ? 'missing authentication: provide a preview access token (via header, query parameter, or cookie) or use an API key or JWT'
      : `authentication failed: ${refusals.join(', ')}`,
  )
}

/** Authenticate a toolbox request by any credential of the contract; one valid credential is enough. Throws 401. */
export function requireToolboxAccess(
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
  apiKey: string,
  authToken: string | null,
): void {
  const given = credentialsOf(headers, query, apiKey, authToken)
  if (!given.some(({ valid }) => valid)) throw accessError(given.map(({ problem }) => problem))
}
