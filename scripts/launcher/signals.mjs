/** When to stop: a signal, the end of npm, or a program that does not start. */

/** Interval of the check whether npm, which started us, is still running. */
const parentCheckMs = 500
/** Signals within this time are one key press: a Ctrl-C arrives from the terminal and again through npm. */
const samePressMs = 300

/**
 * Listen for the reasons to stop. `signal` is aborted and `requested` resolves at the first of them; a second signal calls
 * the action of `onSecondSignal`.
 */
export function awaitStop() {
  const controller = new AbortController()
  /** @type {() => void} */
  let force = () => process.exit(1)
  const stop = {
    signal: controller.signal,
    /** @type {Promise<void>} */
    requested: new Promise((resolve) => {
      controller.signal.addEventListener('abort', () => resolve(), { once: true })
    }),
    /**
     * Why everything stops, when a program did not start.
     * @type {import('../errors.mjs').PlainError | undefined}
     */
    problem: undefined,
    /** @param {import('../errors.mjs').PlainError} problem */
    now(problem) {
      stop.problem = problem
      controller.abort()
    },
    /** @param {() => void} action */
    onSecondSignal(action) {
      force = action
    },
  }
  let firstSignalAt = 0
  const onSignal = () => {
    const now = performance.now()
    if (!controller.signal.aborted) {
      firstSignalAt = now
      controller.abort()
    } else if (now - firstSignalAt > samePressMs) force()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, onSignal)

  // The end of a program that started us with an IPC channel, as the tests do, closes the channel.
  process.on('disconnect', () => controller.abort())

  // npm forwards signals to the shell in which it started us; a shell that does not pass them on ends alone.
  const parent = process.ppid
  if (process.env.npm_lifecycle_event !== undefined) {
    setInterval(() => {
      if (process.ppid !== parent && !controller.signal.aborted) controller.abort()
    }, parentCheckMs).unref()
  }
  return stop
}
