import { toFailure } from './read'

/**
 * Why the console gets no WebSocket from this page, as a sentence, or null where it knows no reason. It is a POST, because
 * browsers add `Origin` to it as they do to a WebSocket, and it may be the origin that is refused.
 */
export async function liveRefusal(): Promise<string | null> {
  const response = await fetch('/api/live', { method: 'POST' }).catch(() => null)
  if (response?.status !== 403 && response?.status !== 426) return null
  return (await toFailure(response)).message
}
