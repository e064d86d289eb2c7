/** Failures of calls: what a target's refusal means, and what its silence does. */
import { ApiError, type ErrorCode, errorCodeSchema, errorEnvelopeSchema, statusOf } from './errors'
import { TargetError } from './problem'
import { parseJson } from './response-text'

/**
 * The meaning of a refused call. The envelope's code is taken if it is one of ours, otherwise
 * the status decides. 401 concerns the console's key at the target, never the sign-in of the person.
 */
export function refusal(status: number, text: string): ApiError | TargetError {
  const body = errorEnvelopeSchema.partial().safeParse(parseJson(text))
  const code = errorCodeSchema.safeParse(body.success ? body.data.code : undefined)
  const message = body.success ? body.data.message : undefined
  if (status === 401) {
    return new TargetError('TARGET_KEY_REFUSED', "The target refused the console's key.", { cause: message })
  }
  if (status < 400) return new TargetError('TARGET_BAD_RESPONSE', `The target answered with status ${status}.`)
  // An unknown route has no envelope; something that is missing on a known route has one.
  if (status === 404 && message === undefined)
    return new TargetError('TARGET_UNSUPPORTED', 'This target cannot do that.')
  const known = code.success ? code.data : codeOfStatus(status)
  return new ApiError(known, sentence(message) ?? `The target answered with status ${status}.`)
}

const codesByStatus = new Map<number, ErrorCode>(
  (
    [
      'BAD_REQUEST',
      'FORBIDDEN',
      'NOT_FOUND',
      'REQUEST_TIMEOUT',
      'CONFLICT',
      'GONE',
      'PAYLOAD_TOO_LARGE',
      'UNPROCESSABLE_ENTITY',
      'TOO_MANY_REQUESTS',
      'NOT_IMPLEMENTED',
      'BAD_GATEWAY',
      'SERVICE_UNAVAILABLE',
      'INSUFFICIENT_STORAGE',
    ] as const
  ).map((code) => [statusOf(code), code]),
)

function codeOfStatus(status: number): ErrorCode {
  return codesByStatus.get(status) ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR')
}

/** Prefixes of messages on the wire: those of the codes, and that of a command in a session. */
const prefixes = [
  ...new Set(errorCodeSchema.options.map((code) => new ApiError(code, '').wireMessage)),
  'failed to execute command: ',
].filter((prefix) => prefix !== '')

/** The sentence without the wire's prefixes, begun with a capital and ended with a full stop, as pages show it. */
function sentence(message: string | undefined): string | undefined {
  let bare = message?.trim() ?? ''
  for (
    let found = prefixes.find((it) => bare.startsWith(it));
    found;
    found = prefixes.find((it) => bare.startsWith(it))
  ) {
    bare = bare.slice(found.length).trimStart()
  }
  if (bare === '') return undefined
  const begun = bare.charAt(0).toUpperCase() + bare.slice(1)
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}

/** @param expiredMs the deadline, if it has passed */
export function connectionFailure(error: unknown, expiredMs: number | null): unknown {
  if (error instanceof TargetError || error instanceof ApiError) return error
  if (expiredMs !== null) {
    return new TargetError('TARGET_TIMEOUT', `The target did not respond within ${expiredMs / 1000} s.`, {
      cause: error,
    })
  }
  return new TargetError('TARGET_UNREACHABLE', 'The target is not responding.', { cause: error })
}
