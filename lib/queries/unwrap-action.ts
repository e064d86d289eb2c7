/** Turns the result of a server action into a value or a CallFailure. */
import { CallFailure, consoleUnreachable, signedOutFailure } from './call-failure'
import { isSignedOut } from './signed-out'

interface ActionResult<Data> {
  data?: Data
  serverError?: { code: string; message: string; hint?: string | undefined }
  validationErrors?: unknown
}

/**
 * Waits for a server action and returns its data.
 * @throws CallFailure if the action failed, its input was invalid, or there was no response
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
  // Next's error for an action id that the running build does not know.
  if (
    cause instanceof Error &&
    /server action/i.test(cause.message) &&
    /not found|failed to find/i.test(cause.message)
  ) {
    return new CallFailure('CONFLICT', 'The console was updated after this page was opened.', 409, 'Reload the page.', {
      cause,
    })
  }
  // Next does not say why there was no valid response; a read tells whether the browser is signed out.
  return (await isSignedOut()) ? signedOutFailure(cause) : consoleUnreachable(cause)
}

/** The first message in a validator's nested error object. */
function firstText(errors: unknown): string | undefined {
  if (typeof errors === 'string') return errors
  if (typeof errors !== 'object' || errors === null) return undefined
  for (const value of Object.values(errors)) {
    const text = firstText(value)
    if (text !== undefined) return text
  }
  return undefined
}
