import type { LiveClient } from './live-client'

/**
 * Tells the socket when the page wakes up: shown again, back from the browser's page cache, network back. After a
 * sleep a socket looks open for minutes while nobody is at its other end.
 * @returns the function that stops listening
 */
export function forwardPageSignals(socket: LiveClient): () => void {
  const woken = () => {
    if (document.visibilityState === 'visible') socket.probe()
  }
  const online = () => socket.setOffline(false)
  const offline = () => socket.setOffline(true)
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
