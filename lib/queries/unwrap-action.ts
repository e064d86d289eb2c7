/** Changes of the browser: one server action, its result turned into a value or one kind of failure. */
import { CallFailure, consoleUnreachable, signedOutFailure } from './call-failure'
import { isSignedOut } from './signed-out'

interface ActionResult<Data> {
  data?: Data
  serverError?: { code: string; message: string; hint?: string | undefined }
  validationErrors?: unknown
}

/**
 * Waits for a server action and gives its data.
 * @throws CallFailure when the action refused, when its input was wrong, and when no answer came
 */
export async function unwrapAction<Data>(call: Promise<ActionResult<Data>>): Promise<Data> {
  let result: ActionResult<Data>
  try {
    result = await call
  } catch (cause) {
    throw await toFailure(cause)
  }
  if (result.serverError) {
    const { code, message, hint } = result.serverError
    throw new CallFailure(code, message, 0, hint)
  }
  if (result.validationErrors) {
    throw new CallFailure(
      'BAD_REQUEST',
      firstText(result.validationErrors) ?? 'The console rejected this input.',
      400,
      'Correct it and try again.',
    )
  }
  return result.data as Data
}

async function toFailure(cause: unknown): Promise<CallFailure> {
  // Next's word for an action id that the running build does not know.
  if (
    cause instanceof Error &&
    /server action/i.test(cause.message) &&
    /not found|failed to find/i.test(cause.message)
  ) {
    return new CallFailure('CONFLICT', 'The console was updated after this page was opened.', 409, 'Reload the page.', {
      cause,
    })
  }
  // The framework says only that there was no answer that it knows; a read tells why.
  return (await isSignedOut()) ? signedOutFailure(cause) : consoleUnreachable(cause)
}

/** The first sentence in the nested error object of a validator. */
function firstText(errors: unknown): string | undefined {
  if (typeof errors === 'string') return errors
  if (typeof errors !== 'object' || errors === null) return undefined
  for (const value of Object.values(errors)) {
    const text = firstText(value)
    if (text !== undefined) return text
  }
  return undefined
}
