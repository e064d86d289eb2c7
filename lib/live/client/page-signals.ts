import type { LiveClient } from './live-client'

/**
 * Makes the client probe its connection when the page wakes up: visible again, resumed after it was frozen, restored from
 * the page cache, or online again. After a sleep a dead socket looks open for minutes.
 * @returns a function that removes the listeners
 */
export function forwardPageSignals(client: LiveClient): () => void {
  const woken = () => {
    const visible = document.visibilityState === 'visible'
    client.setVisible(visible)
    if (visible) client.probe()
  }
  // A frozen page may still be hidden when it is resumed.
  const resumed = () => client.probe()
  const online = () => client.setOffline(false)
  const offline = () => client.setOffline(true)
  client.setVisible(document.visibilityState === 'visible')
  document.addEventListener('visibilitychange', woken)
  document.addEventListener('resume', resumed)
  window.addEventListener('pageshow', woken)
  window.addEventListener('focus', woken)
  window.addEventListener('online', online)
  window.addEventListener('offline', offline)
  return () => {
    document.removeEventListener('visibilitychange', woken)
    document.removeEventListener('resume', resumed)
    window.removeEventListener('pageshow', woken)
    window.removeEventListener('focus', woken)
    window.removeEventListener('online', online)
    window.removeEventListener('offline', offline)
  }
}
