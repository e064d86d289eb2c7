/** Authorizes a call and records it in the audit log. */

import { type OperationName, operations } from '@/lib/access/operations'
import { authorize, type Caller } from '@/lib/auth/caller'
import { toProblem } from '@/lib/process-api/problem'
import { audit } from './shared'
import { subjectOf } from './subject'

export interface GuardedCall {
  operation: OperationName
  /** Empty where it concerns no target or no sandbox. */
  target?: string
  sandboxId?: string
  /** What the call was made with; only listed fields are stored. */
  input?: unknown
}

/**
 * Does the work of a call if the caller may do it.
 * @throws ApiError FORBIDDEN, and what the work throws
 */
export async function guarded<Result>(caller: Caller, call: GuardedCall, work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now()
  try {
    authorize(caller, call.operation)
    const result = await work()
    await recordCall(caller, call, 'ok', performance.now() - startedAt)
    return result
  } catch (error) {
    await recordCall(caller, call, toProblem(error).code, performance.now() - startedAt)
    throw error
  }
}

/** Records a call that was made, or refused, elsewhere. @param result `ok` or the code of the error */
export async function recordCall(caller: Caller, call: GuardedCall, result: string, ms: number): Promise<void> {
  const { operation, target = '', sandboxId = '', input } = call
  const kind = operations[operation].audit
  if (kind === null && result !== 'FORBIDDEN') return
  const log = audit()
  await log.record({
    actor: caller.actor,
    address: caller.address,
    kind: kind ?? 'read',
    action: operation,
    target,
    sandboxId,
    subject: subjectOf(input, log.settings),
    result,
    durationMs: Math.round(ms),
  })
}
