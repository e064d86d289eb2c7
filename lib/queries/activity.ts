/** Reads what happened last in the sandboxes that a list shows, many of them in one request. */
import { queryOptions } from '@tanstack/react-query'
import { maxActivityIds, type SandboxActivity } from '@/lib/process-api/activity'
import { queryKeys } from './query-keys'
import { readJson, targetPath } from './read'

/** Refetch interval of the rows that are visible. */
const activityIntervalMs = 5_000
/** Rows that become visible within this time share a request. */
const collectMs = 30

interface Waiting {
  resolve: (activity: SandboxActivity | null) => void
  reject: (error: unknown) => void
}

const waiting = new Map<string, Map<string, Waiting[]>>()

/** Null if the sandbox cannot be read. */
export function activityQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: queryKeys.activity(target, sandboxId),
    queryFn: () => request(target, sandboxId),
    refetchInterval: activityIntervalMs,
    staleTime: activityIntervalMs,
  })
}

function request(target: string, sandboxId: string): Promise<SandboxActivity | null> {
  return new Promise((resolve, reject) => {
    const ids = waiting.get(target) ?? new Map<string, Waiting[]>()
    if (ids.size === 0) {
      waiting.set(target, ids)
      setTimeout(() => flush(target), collectMs)
    }
    ids.set(sandboxId, [...(ids.get(sandboxId) ?? []), { resolve, reject }])
  })
}

function flush(target: string): void {
  const entries = [...(waiting.get(target) ?? [])]
  waiting.delete(target)
  for (let start = 0; start < entries.length; start += maxActivityIds) {
    void send(target, entries.slice(start, start + maxActivityIds))
  }
}

async function send(target: string, entries: readonly [string, Waiting[]][]): Promise<void> {
  const query = new URLSearchParams({ ids: entries.map(([id]) => id).join(',') })
  try {
    const found = await readJson<Record<string, SandboxActivity>>(`${targetPath(target, 'activity')}?${query}`)
    for (const [id, callers] of entries) for (const { resolve } of callers) resolve(found[id] ?? null)
  } catch (error) {
    for (const [, callers] of entries) for (const { reject } of callers) reject(error)
  }
}
