/**
 * How every server action is made: signed in, sent by a page of this console, input checked, answered within ten
 * seconds, and every failure given back as a value (`serverError`), because Next hides the text of what is thrown.
 */
import 'server-only'
import { createSafeActionClient } from 'next-safe-action'
import { z } from 'zod'
import { requireOwnOrigin, requireSession } from '@/lib/auth/current-session'
import { ApiError } from '@/lib/process-api/errors'
import { sandboxIdSchema } from '@/lib/process-api/ids'
import { TargetError, toProblem } from '@/lib/process-api/problem'
import { localTargetName } from '@/lib/targets/registry'

/** One tab's actions run one after the other, so the slowest one holds up every click after it. */
const actionTimeoutMs = 9_500

const client = createSafeActionClient({
  defaultValidationErrorsShape: 'flattened',
  handleServerError(error) {
    const known = error.name === 'TimeoutError' ? timeoutError(error) : error
    if (!(known instanceof ApiError || known instanceof TargetError)) console.error('An action failed:', known)
    return toProblem(known)
  },
}).use(async ({ next }) => {
  await requireOwnOrigin()
  const session = await requireSession()
  return await next({ ctx: { session, signal: AbortSignal.timeout(actionTimeoutMs) } })
})

function timeoutError(cause: Error): TargetError {
  return new TargetError('TARGET_TIMEOUT', `The engine did not respond within ${actionTimeoutMs / 1000} s.`, { cause })
}

/** Field of every input: which target the change is for. */
export const targetField = { target: z.string().max(64).default(localTargetName) }

/** The sandbox that the change is in. */
export const sandboxFields = { ...targetField, sandboxId: sandboxIdSchema }

/** An action with this input. A wrong input becomes a problem that names the field. */
export function actionWith<Schema extends z.ZodType>(input: Schema) {
  return client.inputSchema(input, {
    handleValidationErrorsShape: async (errors): Promise<undefined> => {
      throw new ApiError('BAD_REQUEST', firstMessage(errors, []) ?? 'The console rejected this input.')
    },
  })
}

/** The first message in the nested error object, with the field that it is about. */
function firstMessage(errors: unknown, field: readonly string[]): string | null {
  if (typeof errors !== 'object' || errors === null) return null
  const told: unknown = Reflect.get(errors, '_errors')
  if (Array.isArray(told) && typeof told[0] === 'string') {
    return field.length === 0 ? `${told[0]}.` : `${field.join('.')}: ${told[0]}.`
  }
  for (const [name, value] of Object.entries(errors)) {
    const complaint = name === '_errors' ? null : firstMessage(value, [...field, name])
    if (complaint !== null) return complaint
  }
  return null
}
