import type { ProcessApiClient } from './client'
import { sandboxOperations } from './operations/sandboxes'
import type { SandboxListItem } from './sandbox'

const pageLimit = 200
const maxSandboxes = 10_000

/**
 * All sandboxes that a target lists, read page by page; the rest is left out once there are 10,000.
 * @throws ApiError or TargetError if the target refuses or does not respond
 */
export async function listAllSandboxes(client: ProcessApiClient, signal: AbortSignal): Promise<SandboxListItem[]> {
  const items: SandboxListItem[] = []
  let cursor: string | null | undefined
  do {
    const query = { limit: pageLimit, ...(cursor ? { cursor } : {}) }
    const page = await client.call(sandboxOperations.listSandboxes, { query }, { signal })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor && items.length < maxSandboxes)
  return items
}
