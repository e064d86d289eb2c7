import { z } from 'zod/mini'

const bodySchema = z.object({ error: z.object({ message: z.string() }) })

/**
 * Why the console gets no WebSocket from this page, as a sentence, or null where it knows no reason. It is a POST, because
 * browsers add `Origin` to it as they do to a WebSocket, and it may be the origin that is refused.
 */
export async function liveRefusal(): Promise<string | null> {
  const response = await fetch('/api/live', { method: 'POST' }).catch(() => null)
  if (response?.status !== 403 && response?.status !== 426) return null
  const body = bodySchema.safeParse(await response.json().catch(() => null))
  return body.success ? body.data.error.message : null
}
