import type { LiveClient } from './live-client'

/**
 * Makes the client probe its connection when the page wakes up: visible again, restored from the page cache, or online
 * again. After a sleep a dead socket looks open for minutes.
 * @returns a function that removes the listeners
 */
export function forwardPageSignals(client: LiveClient): () => void {
  const woken = () => {
    if (document.visibilityState === 'visible') client.probe()
  }
  const online = () => client.setOffline(false)
  const offline = () => client.setOffline(true)
  document.addEventListener('visibilitychange', woken)
  window.addEventListener('pageshow', woken)
  window.addEventListener('focus', woken)
  window.addEventListener('online', online)
  window.addEventListener('offline', offline)
  return () => {
    document.removeEventListener('visibilitychange', woken)
    window.removeEventListener('pageshow', woken)
    window.removeEventListener('focus', woken)
    window.removeEventListener('online', online)
    window.removeEventListener('offline', offline)
  }
}
