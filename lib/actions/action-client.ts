/**
 * The base of every server action: requires a session and the console's own origin, validates the input, and responds
 * within ten seconds. Failures are returned as values (`serverError`), because Next hides the text of thrown errors.
 */
import { log } from '@/lib/log/log'
import 'server-only'
import { createSafeActionClient } from 'next-safe-action'
import { z } from 'zod'
import type { OperationName } from '@/lib/access/operations'
import { recordCall } from '@/lib/audit/guarded'
import { authorize } from '@/lib/auth/caller'
import { requireCaller, requireOwnOrigin } from '@/lib/auth/current-session'
import { ApiError } from '@/lib/process-api/errors'
import { sandboxIdSchema } from '@/lib/process-api/ids'
import { TargetError, toProblem } from '@/lib/process-api/problem'
import { localTargetName } from '@/lib/targets/registry'

/** Actions of one tab run one after the other, so a slow one delays every later click. */
const actionTimeoutMs = 9_500

const client = createSafeActionClient({
  defaultValidationErrorsShape: 'flattened',
  defineMetadataSchema: () => z.object({ operation: z.custom<OperationName>() }),
  handleServerError(error) {
    const known = error.name === 'TimeoutError' ? timeoutError(error) : error
    if (!(known instanceof ApiError || known instanceof TargetError)) log.error({ err: known }, 'An action failed')
    return toProblem(known)
  },
}).use(async ({ next, metadata: { operation }, clientInput }) => {
  await requireOwnOrigin()
  const caller = await requireCaller()
  const startedAt = performance.now()
  const call = { operation, ...scopeOf(clientInput) }
  try {
    authorize(caller, operation)
  } catch (error) {
    await recordCall(caller, call, 'FORBIDDEN', 0)
    throw error
  }
  const result = await next({ ctx: { caller, signal: AbortSignal.timeout(actionTimeoutMs) } })
  const code = result.serverError?.code ?? 'ok'
  await recordCall(caller, { ...call, input: result.parsedInput }, code, performance.now() - startedAt)
  return result
})

/** Target and sandbox of an input that was not validated yet. */
function scopeOf(input: unknown): { target: string; sandboxId: string } {
  const parsed = z.object(scopeFields).safeParse(input)
  return parsed.success ? parsed.data : { target: '', sandboxId: '' }
}

function timeoutError(cause: Error): TargetError {
  return new TargetError('TARGET_TIMEOUT', `The target did not respond within ${actionTimeoutMs / 1000} s.`, { cause })
}

const scopeFields = {
  target: z.string().max(64).default(localTargetName),
  sandboxId: z.string().max(128).default(''),
}

/** Field of every input: the target of the change. */
export const targetField = { target: z.string().max(64).default(localTargetName) }

/** Fields that identify the sandbox of the change. */
export const sandboxFields = { ...targetField, sandboxId: sandboxIdSchema }

/** An action with this input, for callers who may do the operation. Invalid input becomes a problem that names the field. */
export function actionWith<Schema extends z.ZodType>(operation: OperationName, input: Schema) {
  return client.metadata({ operation }).inputSchema(input, {
    handleValidationErrorsShape: async (errors): Promise<undefined> => {
      throw new ApiError('BAD_REQUEST', firstMessage(errors, []) ?? 'The console rejected this input.')
    },
  })
}

/** The first message in the nested error object, prefixed with its field. */
function firstMessage(errors: unknown, field: readonly string[]): string | null {
  if (typeof errors !== 'object' || errors === null) return null
  const messages: unknown = Reflect.get(errors, '_errors')
  if (Array.isArray(messages) && typeof messages[0] === 'string') {
    return field.length === 0 ? `${messages[0]}.` : `${field.join('.')}: ${messages[0]}.`
  }
  for (const [name, value] of Object.entries(errors)) {
    const message = name === '_errors' ? null : firstMessage(value, [...field, name])
    if (message !== null) return message
  }
  return null
}
