/** When to stop: a signal, npm going away, or a program that does not come up. */

/** How often to look whether npm, which started us, is still there. */
const parentCheckMs = 500

/**
 * Listen for the reasons to stop.
 * `signal` is aborted and `told` resolves at the first of them; a second signal calls what `onSecondSignal` was given.
 */
export function untilToldToStop() {
  const controller = new AbortController()
  let force = () => process.exit(1)
  const state = {
    signal: controller.signal,
    told: new Promise((resolve) => {
      controller.signal.addEventListener('abort', resolve, { once: true })
    }),
    /** The PlainError that made us stop, if that was the reason. */
    problem: undefined,
    now(problem) {
      state.problem = problem
      controller.abort()
    },
    onSecondSignal(action) {
      force = action
    },
  }
  let firstSignalAt = 0
  const onSignal = () => {
    // A terminal's Ctrl-C reaches us directly and again through npm, which forwards it: one press is one signal.
    const now = performance.now()
    if (!controller.signal.aborted) {
      firstSignalAt = now
      controller.abort()
    } else if (now - firstSignalAt > 300) force()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, onSignal)

  // A program that started us with a channel, as the tests do, takes us along when it dies.
  process.on('disconnect', () => controller.abort())

  // npm forwards signals to the shell that it started us with; a shell that does not pass them on dies alone.
  const parent = process.ppid
  if (process.env.npm_lifecycle_event !== undefined) {
    setInterval(() => {
      if (process.ppid !== parent && !controller.signal.aborted) controller.abort()
    }, parentCheckMs).unref()
  }
  return state
}
