/** What a program of the sandbox answers, and what is said where that cannot be passed on. */
import type { IncomingMessage } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'
import { endToEndHeaders, type HeaderPair, headerPairs } from '../../http/hop-headers'

/** The headers that go on to the client. The reason phrase does not: it may contain what no answer of ours may. */
export function answerHeaders(answer: IncomingMessage): HeaderPair[] {
  return endToEndHeaders(headerPairs(answer.rawHeaders))
}

/** A 502 for a connection that ended before an answer. */
export function noAnswer(cause?: unknown): ApiError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code.startsWith('HPE_')) return invalidAnswer(cause)
  const sentence = 'the program on this port ended the connection before it answered'
  return new ApiError('BAD_GATEWAY', sentence, {}, { cause })
}

/** A 502 for an answer that cannot be passed on. */
export function invalidAnswer(cause: unknown): ApiError {
  return new ApiError('BAD_GATEWAY', 'the program on this port does not answer in HTTP', {}, { cause })
}
