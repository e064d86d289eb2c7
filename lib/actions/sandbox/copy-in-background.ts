import 'server-only'

/** An action ends before its timeout; copying a large home directory takes longer. */
const maxWaitMs = 6_000
/** Deadline of the call itself, which continues after the action has ended. */
export const copyDeadlineMs = 30 * 60_000

/** Waits for a copy to finish, but returns null while it is still running. */
export async function waitForCopy<Result>(copy: Promise<Result>): Promise<Result | null> {
  // A failure after the action has ended has no caller to report it to.
  copy.catch(() => undefined)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), maxWaitMs)
  })
  try {
    return await Promise.race([copy, late])
  } finally {
    clearTimeout(timer)
  }
}
