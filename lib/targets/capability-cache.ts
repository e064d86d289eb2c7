/** What each sandbox's toolbox can do, asked once in a while rather than with every read. */
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { Capabilities } from '@/lib/process-api/extensions'

/** A toolbox that was started again answers with another `instanceId`; nobody has to wait longer than this to see it. */
const maxAgeMs = 15_000
const maxEntries = 500

interface CacheEntry {
  at: number
  answer: Promise<Capabilities | null>
}

const cache = new Map<string, CacheEntry>()

/** Capabilities of a sandbox's toolbox; null for a target without extensions. A failure is not remembered. */
export function capabilitiesOf(
  target: string,
  client: ProcessApiClient,
  sandboxId: string,
): Promise<Capabilities | null> {
  const key = `${target}/${client.endpoint.apiUrl}/${sandboxId}`
  const found = cache.get(key)
  if (found && Date.now() - found.at < maxAgeMs) return found.answer
  const answer = client.capabilities(sandboxId)
  cache.delete(key)
  cache.set(key, { at: Date.now(), answer })
  for (const oldest of cache.keys()) {
    if (cache.size <= maxEntries) break
    cache.delete(oldest)
  }
  answer.catch(() => {
    if (cache.get(key)?.answer === answer) cache.delete(key)
  })
  return answer
}

/**
 * Whether output is read as a journal, or by its streams, or else as the protocol's log. A sandbox that is stopped cannot be asked, but an
 * engine with journals reads them from its disk, and any other target will say itself that it cannot.
 */
export async function hasJournals(
  target: string,
  client: ProcessApiClient,
  sandboxId: string,
  extension: 'journal' | 'search' = 'journal',
): Promise<boolean> {
  try {
    const can = await capabilitiesOf(target, client, sandboxId)
    return can?.extensions[extension] !== undefined
  } catch (error) {
    if (error instanceof ApiError && error.code !== 'NOT_FOUND') return true
    throw error
  }
}
