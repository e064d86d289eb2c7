/**
 * A read or a change that failed, with what a page shows: a code of the closed set, a plain sentence, and what to do
 * about it. `status` is the HTTP status, 0 where no answer came.
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

/** Whatever was thrown, as a failure that can be shown. The text of unknown throwables is not for people. */
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

/** No answer at all: the browser has no network, or the console is down. */
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
