/** Headers of a program's response, and errors for responses that cannot be forwarded. */
import type { IncomingMessage } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'
import { endToEndHeaders, type HeaderPair, headerPairs } from '../../http/hop-headers'

/** The headers for the client. The reason phrase is not forwarded: it may contain invalid characters. */
export function forwardedHeaders(response: IncomingMessage): HeaderPair[] {
  return endToEndHeaders(headerPairs(response.rawHeaders))
}

/** A 502 for a connection that ended before the response. */
export function noResponse(cause?: unknown): ApiError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code.startsWith('HPE_')) return invalidResponse(cause)
  const message = 'the program on this port closed the connection without a response'
  return new ApiError('BAD_GATEWAY', message, {}, { cause })
}

/** A 502 for a response that cannot be forwarded. */
export function invalidResponse(cause: unknown): ApiError {
  return new ApiError('BAD_GATEWAY', 'the program on this port did not respond with valid HTTP', {}, { cause })
}
