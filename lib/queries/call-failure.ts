/**
 * A failed read or change as pages show it: a code of the closed set, one sentence, and what to do about it. `status`
 * is the HTTP status, or 0 if there was no response.
 */
export class CallFailure extends Error {
  override readonly name = 'CallFailure'
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Converts anything thrown into a failure that can be shown. The text of unknown errors is not shown. */
export function toCallFailure(thrown: unknown): CallFailure {
  if (thrown instanceof CallFailure) return thrown
  if (thrown instanceof Error && 'code' in thrown && 'status' in thrown) {
    const hint = 'hint' in thrown && typeof thrown.hint === 'string' ? thrown.hint : undefined
    return new CallFailure(String(thrown.code), thrown.message, Number(thrown.status), hint, { cause: thrown })
  }
  return new CallFailure(
    'INTERNAL_SERVER_ERROR',
    'Something went wrong on this page.',
    0,
    'Reload the page. If it happens again, copy the details and report them.',
    { cause: thrown },
  )
}

/** There was no response: the browser is offline, or the console is down. */
export function consoleUnreachable(cause: unknown): CallFailure {
  if (typeof navigator !== 'undefined' && navigator.onLine === false) {
    return new CallFailure(
      'SERVICE_UNAVAILABLE',
      offlineMessage,
      0,
      'Your sandboxes keep running. Try again when you are back online.',
      {
        cause,
      },
    )
  }
  return new CallFailure(
    'SERVICE_UNAVAILABLE',
    'Can’t reach the console.',
    0,
    'Check that `npm start` is still running. Your sandboxes keep running.',
    { cause },
  )
}

const offlineMessage = 'You’re offline.'

/** The session of this browser has ended. */
export function signedOutFailure(cause: unknown): CallFailure {
  return new CallFailure(
    'UNAUTHORIZED',
    'You’re signed out.',
    401,
    'Run `npm run sign-in`, open the link it prints in this browser, then try again here.',
    { cause },
  )
}
