/** Query options for the audit log. It has no events of its own: the first page is read again while it is visible. */
import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import type { AuditPage } from '@/lib/process-api/audit'
import { queryKeys } from './query-keys'
import { readJson, targetPath } from './read'

const refreshIntervalMs = 3_000

/** @param q the text of the filter */
export function auditQuery(target: string, q: string) {
  return infiniteQueryOptions({
    queryKey: queryKeys.audit(target, q),
    queryFn: ({ signal, pageParam }) =>
      readJson<AuditPage>(`${targetPath(target, 'audit')}?${searchOf(q, pageParam)}`, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    staleTime: 0,
    // Refetching reads all pages that are loaded, so only a list that shows its first page is refreshed.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : refreshIntervalMs),
  })
}

function searchOf(q: string, before: number | null): URLSearchParams {
  return new URLSearchParams({ ...(q === '' ? {} : { q }), ...(before === null ? {} : { before: String(before) }) })
}
