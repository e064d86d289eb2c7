/** Turns the result of a server action into a value or a CallFailure. */
import { CallFailure, consoleUnreachable, signedOutFailure } from './call-failure'
import { isSignedOut } from './signed-out'

interface ActionResult<Data> {
  data?: Data
  serverError?: { code: string; message: string; hint?: string | undefined }
}

/**
 * Waits for a server action and returns its data.
 * @throws CallFailure if the action failed, which includes invalid input, or there was no response
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
