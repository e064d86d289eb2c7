/** Error helpers for scripts. */

/**
 * The code of a system error, such as `ENOENT`.
 * @param {unknown} error
 * @returns {string | undefined}
 */
export function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

/** A failure that a person can act on: its message is one or more plain sentences, shown without a stack. */
export class PlainError extends Error {
  /** @override */
  name = 'PlainError'
}
