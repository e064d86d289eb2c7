/** The delay in browsers without idle callbacks. */
const fallbackDelayMs = 600

/** Loads the code of logs while the page is idle, so that the first log does not wait for it. */
export function preloadLog(): () => void {
  const load = () => {
    // The log itself loads the code again and reports errors.
    void Promise.all([import('./log-pane'), import('./log-view')]).catch(() => undefined)
  }
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(load, fallbackDelayMs)
    return () => clearTimeout(timer)
  }
  const idle = requestIdleCallback(load, { timeout: fallbackDelayMs * 5 })
  return () => cancelIdleCallback(idle)
}
