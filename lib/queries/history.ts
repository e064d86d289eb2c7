/** Query options for the history. It has no events of its own: the first page is read again while it is visible. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { HistoryDetail, HistoryGroupPage, HistoryPage } from '@/lib/process-api/history'
import { queryKeys } from './query-keys'
import { readJson, targetPath } from './read'

const refreshIntervalMs = 3_000

interface HistoryRead {
  target: string
  /** Null for all sandboxes of the target. */
  sandboxId: string | null
  /** The text of the filter. */
  q: string
}

function searchOf({ sandboxId, q }: HistoryRead, before: string | null): URLSearchParams {
  return new URLSearchParams({
    ...(q === '' ? {} : { q }),
    ...(sandboxId === null ? {} : { sandbox: sandboxId }),
    ...(before === null ? {} : { before }),
  })
}

const paging = {
  initialPageParam: null as string | null,
  getNextPageParam: (last: { next: string | null }) => last.next,
  placeholderData: keepPreviousData,
  staleTime: 0,
}

/** Refetching reads all pages that are loaded, so only a list that shows its first page is refreshed. */
function refreshInterval(query: { state: { data?: { pages: unknown[] } | undefined } }): number | false {
  return (query.state.data?.pages.length ?? 0) > 1 ? false : refreshIntervalMs
}

export function historyQuery(read: HistoryRead) {
  return infiniteQueryOptions({
    ...paging,
    queryKey: queryKeys.historyPage(read.target, read.sandboxId, read.q, false),
    queryFn: ({ signal, pageParam }) =>
      readJson<HistoryPage>(`${targetPath(read.target, 'history')}?${searchOf(read, pageParam)}`, signal),
    refetchInterval: refreshInterval,
  })
}

export function historyGroupsQuery(read: HistoryRead) {
  return infiniteQueryOptions({
    ...paging,
    queryKey: queryKeys.historyPage(read.target, read.sandboxId, read.q, true),
    queryFn: ({ signal, pageParam }) =>
      readJson<HistoryGroupPage>(
        `${targetPath(read.target, 'history', 'groups')}?${searchOf(read, pageParam)}`,
        signal,
      ),
    refetchInterval: refreshInterval,
  })
}

export function historyEntryQuery(target: string, entryId: number) {
  return queryOptions({
    queryKey: queryKeys.historyEntry(target, entryId),
    queryFn: ({ signal }) => readJson<HistoryDetail>(targetPath(target, 'history', 'entries', String(entryId)), signal),
    staleTime: 0,
  })
}
