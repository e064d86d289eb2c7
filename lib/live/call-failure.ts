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
    'Something went wrong in this page.',
    0,
    'Reload the page. If it happens again, copy the details and report them.',
    { cause: thrown },
  )
}

/** No answer at all: the console is down or the network is away. */
export function noAnswer(cause: unknown): CallFailure {
  return new CallFailure(
    'SERVICE_UNAVAILABLE',
    'The console does not answer.',
    0,
    'Check that it still runs (npm start), then retry. What runs in the sandboxes goes on meanwhile.',
    { cause },
  )
}
