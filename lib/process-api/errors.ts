/**
 * Errors of the process API: one closed set of codes, one envelope.
 * Codes and prefixes: the toolbox error table of the reference (v0.190) and the later client packages (0.218),
 * so that an official SDK picks the right error class by (`source`, `code`) or by status.
 */
import { z } from 'zod'

/** Every code that the engine or the console can respond with. */
export const errorCodeSchema = z.enum([
  'INVALID_REQUEST_BODY',
  'BAD_REQUEST',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NOT_FOUND',
  'REQUEST_TIMEOUT',
  'CONFLICT',
  'GONE',
  'PAYLOAD_TOO_LARGE',
  'UNPROCESSABLE_ENTITY',
  'TOO_MANY_REQUESTS',
  'INTERNAL_SERVER_ERROR',
  'NOT_IMPLEMENTED',
  'BAD_GATEWAY',
  'SERVICE_UNAVAILABLE',
  'INSUFFICIENT_STORAGE',
  'PROCESS_EXECUTION_TIMEOUT',
  'PROCESS_NOT_FOUND',
  'SESSION_ENDED',
  'COMMAND_ALREADY_COMPLETED',
  'FILE_NOT_FOUND',
  'FILE_ACCESS_DENIED',
  'INVALID_FILE_PATH',
  'FILE_READ_FAILED',
  'GIT_AUTH_FAILED',
  'GIT_REPO_NOT_FOUND',
  'GIT_BRANCH_NOT_FOUND',
  'GIT_BRANCH_EXISTS',
  'GIT_PUSH_REJECTED',
  'GIT_REMOTE_REJECTED',
  'GIT_DIRTY_WORKTREE',
  'GIT_MERGE_CONFLICT',
  'GIT_TRANSPORT_FAILED',
])
export type ErrorCode = z.infer<typeof errorCodeSchema>

/** Which component responded. Clients since 0.216 choose their error class by it. */
export const errorSourceSchema = z.enum(['DAYTONA_DAEMON', 'DAYTONA_API', 'DAYTONA_PROXY'])
export type ErrorSource = z.infer<typeof errorSourceSchema>

/** The HTTP status and the message prefix of the wire for each code; the prefix is a protocol constant. */
const table: Record<ErrorCode, { status: number; prefix: string }> = {
  INVALID_REQUEST_BODY: { status: 400, prefix: 'invalid body request: ' },
  BAD_REQUEST: { status: 400, prefix: 'bad request: ' },
  UNAUTHORIZED: { status: 401, prefix: 'unauthorized: ' },
  FORBIDDEN: { status: 403, prefix: 'forbidden: ' },
  NOT_FOUND: { status: 404, prefix: 'not found: ' },
  REQUEST_TIMEOUT: { status: 408, prefix: 'request timeout: ' },
  CONFLICT: { status: 409, prefix: 'conflict: ' },
  GONE: { status: 410, prefix: 'gone: ' },
  PAYLOAD_TOO_LARGE: { status: 413, prefix: 'payload too large: ' },
  UNPROCESSABLE_ENTITY: { status: 422, prefix: 'unprocessable entity: ' },
  TOO_MANY_REQUESTS: { status: 429, prefix: 'too many requests: ' },
  INTERNAL_SERVER_ERROR: { status: 500, prefix: 'internal server error: ' },
  NOT_IMPLEMENTED: { status: 501, prefix: 'not implemented: ' },
  BAD_GATEWAY: { status: 502, prefix: 'bad gateway: ' },
  SERVICE_UNAVAILABLE: { status: 503, prefix: 'service unavailable: ' },
  INSUFFICIENT_STORAGE: { status: 507, prefix: 'insufficient storage: ' },
  PROCESS_EXECUTION_TIMEOUT: { status: 408, prefix: 'request timeout: ' },
  PROCESS_NOT_FOUND: { status: 404, prefix: 'not found: ' },
  SESSION_ENDED: { status: 410, prefix: 'gone: ' },
  COMMAND_ALREADY_COMPLETED: { status: 410, prefix: 'gone: ' },
  FILE_NOT_FOUND: { status: 404, prefix: '' },
  FILE_ACCESS_DENIED: { status: 403, prefix: '' },
  INVALID_FILE_PATH: { status: 400, prefix: '' },
  FILE_READ_FAILED: { status: 500, prefix: '' },
  GIT_AUTH_FAILED: { status: 401, prefix: 'unauthorized: ' },
  GIT_REPO_NOT_FOUND: { status: 404, prefix: 'not found: ' },
  GIT_BRANCH_NOT_FOUND: { status: 404, prefix: 'not found: ' },
  GIT_BRANCH_EXISTS: { status: 409, prefix: 'conflict: ' },
  GIT_PUSH_REJECTED: { status: 409, prefix: 'conflict: ' },
  GIT_REMOTE_REJECTED: { status: 403, prefix: 'forbidden: ' },
  GIT_DIRTY_WORKTREE: { status: 409, prefix: 'conflict: ' },
  GIT_MERGE_CONFLICT: { status: 409, prefix: 'conflict: ' },
  GIT_TRANSPORT_FAILED: { status: 500, prefix: 'git transport failed: ' },
}

/** The body of every error response. Unknown extra fields are allowed (a 408 carries the output printed so far). */
export const errorEnvelopeSchema = z.looseObject({
  statusCode: z.number().int(),
  message: z.string(),
  code: z.string().optional(),
  source: z.string().optional(),
  timestamp: z.string(),
  path: z.string(),
  method: z.string().optional(),
})
export type ErrorEnvelope = z.infer<typeof errorEnvelopeSchema>

/**
 * A failure that a client may see. `message` is the plain sentence without the wire prefix.
 * `extra` is merged into the envelope (for example `output` of a command that timed out).
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly extra: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
  }

  /** HTTP status of this code. */
  get status(): number {
    return table[this.code].status
  }

  /** The toolbox's wire message: prefix + sentence, as the reference words it. */
  get wireMessage(): string {
    return table[this.code].prefix + this.message
  }
}

/** HTTP status that belongs to a code. */
export function statusOf(code: ErrorCode): number {
  return table[code].status
}

/**
 * Build the full envelope of an error. Unknown throwables become a 500 that does not leak their text.
 * @param path the path as the responding component sees it (a toolbox does not see `/toolbox/{id}`)
 */
export function toEnvelope(error: unknown, request: { path: string; method: string }, source: ErrorSource) {
  const known =
    error instanceof ApiError ? error : new ApiError('INTERNAL_SERVER_ERROR', 'an unexpected error occurred')
  return {
    statusCode: known.status,
    message: shown(source === 'DAYTONA_API' ? known.message : known.wireMessage),
    code: known.code,
    source,
    timestamp: new Date().toISOString(),
    path: shown(request.path),
    method: request.method,
    ...(source === 'DAYTONA_API' ? { error: reasonPhrase(known.status) } : {}),
    ...known.extra,
  } satisfies ErrorEnvelope & Record<string, unknown>
}

/** Maximum length of a text that repeats what a client sent. */
const longestText = 4_000

/** Shorten a text and state how much is left out. */
function shown(text: string): string {
  const left = text.length - longestText
  return left > 0 ? `${text.slice(0, longestText)}… (${left} more characters)` : text
}

const phrases: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Payload Too Large',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
}

function reasonPhrase(status: number): string {
  return phrases[status] ?? 'Error'
}
