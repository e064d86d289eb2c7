/**
 * A failure as the console shows it to a person: a code of one closed set, one plain sentence, and what to do next.
 * The set is the process API's codes and those that only a console can have (a target that does not respond).
 */
import { z } from 'zod'
import { ApiError, errorCodeSchema, statusOf } from './errors'

/** Failures between the console and a target; none of them says anything about a command. */
export const targetErrorCodeSchema = z.enum([
  /** No target of this name is configured. */
  'TARGET_UNKNOWN',
  /** No response at the target's address. */
  'TARGET_UNREACHABLE',
  /** The target took longer than the console waits; the change may still happen. */
  'TARGET_TIMEOUT',
  /** The target refused the console's key, which is not the person's sign-in. */
  'TARGET_KEY_REFUSED',
  /** The target's response does not follow the process API. */
  'TARGET_BAD_RESPONSE',
  /** The target lacks an extension that the call needs. */
  'TARGET_UNSUPPORTED',
])
export type TargetErrorCode = z.infer<typeof targetErrorCodeSchema>

export const problemCodeSchema = z.enum([...errorCodeSchema.options, ...targetErrorCodeSchema.options])
export type ProblemCode = z.infer<typeof problemCodeSchema>

export const problemSchema = z.object({ code: problemCodeSchema, message: z.string(), hint: z.string().optional() })
export type Problem = z.infer<typeof problemSchema>

/** Body of every refused read: `{ error: Problem }`. */
export const problemBodySchema = z.object({ error: problemSchema })

const targetStatus: Record<TargetErrorCode, number> = {
  TARGET_UNKNOWN: 404,
  TARGET_UNREACHABLE: 503,
  TARGET_TIMEOUT: 504,
  TARGET_KEY_REFUSED: 502,
  TARGET_BAD_RESPONSE: 502,
  TARGET_UNSUPPORTED: 501,
}

/** A failure of the way to a target. `message` is a plain sentence. */
export class TargetError extends Error {
  override readonly name = 'TargetError'
  constructor(
    readonly code: TargetErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** What a person can do next, if anything. */
const hints: Partial<Record<ProblemCode, string>> = {
  UNAUTHORIZED: 'Open a sign-in link; `npm run sign-in` prints a fresh one.',
  CONFLICT: 'Check the current state, then try again.',
  SESSION_ENDED: 'Create a new session; the output of the ended session stays readable until you delete that session.',
  PAYLOAD_TOO_LARGE: 'Send less at once, or upload a file and run that file.',
  TOO_MANY_REQUESTS: 'Close, stop or delete what you no longer need, then try again.',
  INSUFFICIENT_STORAGE: 'Free some disk space on the machine of the engine, then try again.',
  INTERNAL_SERVER_ERROR: 'Try again. If the error returns, read the log of the process that failed.',
  SERVICE_UNAVAILABLE: 'Try again in a moment.',
  BAD_GATEWAY: 'Try again in a moment.',
  TARGET_UNKNOWN: 'Check the name of the target in the address.',
  TARGET_UNREACHABLE: 'The console retries. Check that the target is running; `npm start` starts the local engine.',
  TARGET_TIMEOUT: 'The request may still complete: check the current state before you try again.',
  TARGET_KEY_REFUSED:
    'Check the key of the target in the file that SANDGLASS_TARGETS names. Restart the local engine to make it write its key again.',
  TARGET_BAD_RESPONSE: 'Check that the address of the target belongs to a process API.',
  TARGET_UNSUPPORTED: 'Use the local engine, or another target that supports this.',
}

/** Turn anything thrown into a problem. The text of an unexpected error is not shown, because it can contain secrets. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ApiError || error instanceof TargetError) {
    const hint = hints[error.code]
    return hint === undefined
      ? { code: error.code, message: error.message }
      : { code: error.code, message: error.message, hint }
  }
  return {
    code: 'INTERNAL_SERVER_ERROR',
    message: 'An unexpected error occurred in the console.',
    hint: hints.INTERNAL_SERVER_ERROR,
  }
}

/** HTTP status of a problem. */
export function problemStatus(code: ProblemCode): number {
  const target = targetErrorCodeSchema.safeParse(code)
  return target.success ? targetStatus[target.data] : statusOf(errorCodeSchema.parse(code))
}
