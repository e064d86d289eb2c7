'use client'
import { useEffect, useState } from 'react'

/**
 * A part of the page that is not needed at first: loaded when the page is idle, or at once when it is needed.
 * @param load imports the module; the same function in every render
 * @returns the module; null until it is loaded
 */
export function useLazyPart<Module>(load: () => Promise<Module>, needed: boolean): Module | null {
  const [part, setPart] = useState<{ module: Module } | null>(null)
  const isLoaded = part !== null
  useEffect(() => {
    if (isLoaded) return
    let isCurrent = true
    // After a failure the next need tries again.
    const start = () =>
      void load().then(
        (module) => isCurrent && setPart({ module }),
        () => undefined,
      )
    const cancel = needed ? start() : whenIdle(start)
    return () => {
      isCurrent = false
      cancel?.()
    }
  }, [load, needed, isLoaded])
  return part?.module ?? null
}

/** Time after which the page counts as idle, even if it is not. */
const idleTimeoutMs = 1_000
/** Delay after the load of the page in browsers that do not report when they are idle. */
const idleDelayMs = 1_000

/** Calls a function once, when the page is loaded and idle. Returns the cancellation. */
function whenIdle(run: () => void): () => void {
  let cancel = () => {}
  const schedule = () => {
    if ('requestIdleCallback' in window) {
      const id = requestIdleCallback(run, { timeout: idleTimeoutMs })
      cancel = () => cancelIdleCallback(id)
    } else {
      const timer = setTimeout(run, idleDelayMs)
      cancel = () => clearTimeout(timer)
    }
  }
  if (document.readyState === 'complete') schedule()
  else {
    window.addEventListener('load', schedule, { once: true })
    cancel = () => window.removeEventListener('load', schedule)
  }
  return () => cancel()
}
