/** A moment after the page is there and before the first log is asked for. */
const soonMs = 600

/** Gets the code of logs while nothing else is to be done, so that the first output does not wait for it. */
export function preloadLog(): () => void {
  const load = () => {
    // Without it the log itself asks again, and says what is wrong.
    void Promise.all([import('./log-pane'), import('./log-view')]).catch(() => undefined)
  }
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(load, soonMs)
    return () => clearTimeout(timer)
  }
  const idle = requestIdleCallback(load, { timeout: soonMs * 5 })
  return () => cancelIdleCallback(idle)
}
