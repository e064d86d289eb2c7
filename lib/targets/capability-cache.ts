/** Caches the capabilities of each sandbox's toolbox, so that they are not requested with every read. */
import { readCapabilities } from '@/lib/process-api/capabilities'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { Capabilities } from '@/lib/process-api/extensions'

/** A restarted toolbox responds with another `instanceId`, which is noticed after at most this time. */
const maxAgeMs = 15_000
const maxEntries = 500

interface CacheEntry {
  at: number
  capabilities: Promise<Capabilities | null>
}

const cache = new Map<string, CacheEntry>()

/** Capabilities of a sandbox's toolbox; null for a target without extensions. Failures are not cached. */
export function capabilitiesOf(
  target: string,
  client: ProcessApiClient,
  sandboxId: string,
): Promise<Capabilities | null> {
  const key = `${target}/${client.endpoint.apiUrl}/${sandboxId}`
  const found = cache.get(key)
  if (found && Date.now() - found.at < maxAgeMs) return found.capabilities
  const capabilities = readCapabilities(client, sandboxId)
  cache.delete(key)
  cache.set(key, { at: Date.now(), capabilities })
  for (const oldest of cache.keys()) {
    if (cache.size <= maxEntries) break
    cache.delete(oldest)
  }
  capabilities.catch(() => {
    if (cache.get(key)?.capabilities === capabilities) cache.delete(key)
  })
  return capabilities
}

/**
 * Whether the target has journals (or journal search); else output is read as the protocol's log. A stopped sandbox has
 * no capabilities to read and counts as supported: an engine reads journals from disk, other targets return an error.
 */
export async function hasJournals(
  target: string,
  client: ProcessApiClient,
  sandboxId: string,
  extension: 'journal' | 'search' | 'replay' = 'journal',
): Promise<boolean> {
  try {
    const capabilities = await capabilitiesOf(target, client, sandboxId)
    return capabilities?.extensions[extension] !== undefined
  } catch (error) {
    if (error instanceof ApiError && error.code !== 'NOT_FOUND') return true
    throw error
  }
}

/** Whether the target has the interpreter extension; false for a sandbox that is not running. */
export async function hasInterpreter(target: string, client: ProcessApiClient, sandboxId: string): Promise<boolean> {
  const capabilities = await capabilitiesOf(target, client, sandboxId)
  return capabilities?.extensions.interpreter !== undefined
}
