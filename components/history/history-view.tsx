'use client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useRef } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { Select, TextInput } from '@/components/ui/field'
import { FilterToggle } from '@/components/ui/filter-toggle'
import { SkeletonRows } from '@/components/ui/skeleton'
import { useFilterText } from '@/components/ui/use-filter-text'
import { termOf, withTerm } from '@/lib/process-api/filter-terms'
import type { HistoryEntry } from '@/lib/process-api/history'
import { parseHistoryFilter } from '@/lib/process-api/history-filter'
import { toCallFailure } from '@/lib/queries/call-failure'
import { historyGroupsQuery, historyQuery } from '@/lib/queries/history'
import { HistoryDetail } from './history-detail'
import { HistoryDiff } from './history-diff'
import { HistoryList, type HistoryRow } from './history-list'
import { useHistoryLocation } from './use-history-location'

const stateOptions = [
  ['', 'Any state'],
  ['running', 'Running'],
  ['ok', 'Succeeded'],
  ['failed', 'Failed'],
  ['killed', 'Killed'],
  ['timeout', 'Timed out'],
  ['unknown', 'Unknown'],
] as const
const languageOptions = [
  ['', 'Any language'],
  ['shell', 'Shell'],
  ['python', 'Python'],
  ['javascript', 'JavaScript'],
  ['typescript', 'TypeScript'],
] as const
const sinceOptions = [
  ['', 'Any time'],
  ['1h', 'Last hour'],
  ['24h', 'Last day'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
] as const

/**
 * What ran in one sandbox or in all of a target, newest first, also in sandboxes that were deleted. The filter and the
 * open entry are in the address.
 */
export function HistoryView({ sandboxId }: { sandboxId: string | null }) {
  const target = useTarget()
  const [filter, setFilter] = useFilterText()
  const { grouped, entryId, otherId, setGrouped, hrefOf, open, compare } = useHistoryLocation()
  const scroller = useRef<HTMLDivElement>(null)
  const { rows, error, refetch, loadMore } = useHistoryRows({ target, sandboxId, q: filter.trim() }, grouped)
  useHotkey('history.close', () => (otherId === null ? open(null) : compare(null)), entryId !== null)
  const entries = useMemo(() => rows?.map((row) => row.entry) ?? [], [rows])
  const neighbour = neighbourOf(entries, entryId)
  return (
    <div className="flex min-h-0 flex-1">
      <section
        aria-label="History"
        data-pane=""
        tabIndex={-1}
        className={classNames('flex min-w-0 flex-1 flex-col bg-surface', entryId !== null && 'max-lg:hidden')}
      >
        <Header
          isPage={sandboxId === null}
          filter={filter}
          onFilter={setFilter}
          grouped={grouped}
          onGrouped={setGrouped}
        />
        <div ref={scroller} className="min-h-0 flex-1 overflow-auto">
          {!rows && !error && <SkeletonRows rows={8} label="Loading the history" />}
          {error && (
            <div className={rows && 'p-2'}>
              <ErrorState compact={rows !== undefined} failure={toCallFailure(error)} onRetry={refetch} />
            </div>
          )}
          {rows?.length === 0 && <Empty filter={filter} onClear={() => setFilter('')} />}
          {rows && rows.length > 0 && (
            <HistoryList
              rows={rows}
              scroller={scroller}
              currentId={entryId}
              showSandbox={sandboxId === null}
              besideEntry={entryId !== null}
              hrefOf={hrefOf}
              onOpen={(entry) => open(entry.id)}
              onCompare={entryId === null ? null : (entry) => compare(entry.id)}
              onEnd={loadMore}
            />
          )}
        </div>
      </section>
      {entryId !== null && (
        <div
          className={classNames(
            'min-w-0 border-line max-lg:flex-1 lg:border-l',
            otherId === null ? 'lg:w-[440px]' : 'lg:w-[55%]',
          )}
        >
          {otherId === null ? (
            <HistoryDetail
              entryId={entryId}
              onClose={() => open(null)}
              onCompare={neighbour && (() => compare(neighbour.id))}
            />
          ) : (
            <HistoryDiff
              entryId={entryId}
              otherId={otherId}
              entries={entries}
              onOther={compare}
              onClose={() => compare(null)}
            />
          )}
        </div>
      )}
    </div>
  )
}

/** The rows that were read so far; `loadMore` is null if there are no more. */
function useHistoryRows(read: { target: string; sandboxId: string | null; q: string }, grouped: boolean) {
  const list = useInfiniteQuery({ ...historyQuery(read), enabled: !grouped })
  const groups = useInfiniteQuery({ ...historyGroupsQuery(read), enabled: grouped })
  const { error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = grouped ? groups : list
  const rows = useMemo(
    (): HistoryRow[] | undefined =>
      grouped
        ? groups.data?.pages.flatMap((page) => page.groups.map(({ last, ...group }) => ({ entry: last, group })))
        : list.data?.pages.flatMap((page) => page.entries.map((entry) => ({ entry, group: null }))),
    [grouped, groups.data, list.data],
  )
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, isFetchingNextPage])
  return { rows, error, refetch: () => void refetch(), loadMore: hasNextPage ? loadMore : null }
}

/** What an entry is compared with first: the one before it with the same text, else the one before or after it. */
function neighbourOf(entries: readonly HistoryEntry[], entryId: number | null): HistoryEntry | null {
  const index = entries.findIndex((entry) => entry.id === entryId)
  const { group } = entries[index] ?? {}
  const same = index === -1 ? undefined : entries.slice(index + 1).find((entry) => entry.group === group)
  return same ?? entries[index + 1] ?? entries[index - 1] ?? null
}

function Header({
  isPage,
  filter,
  onFilter,
  grouped,
  onGrouped,
}: {
  /** False in a tab of a sandbox, which shows its own name as the heading. */
  isPage: boolean
  filter: string
  onFilter: (filter: string) => void
  grouped: boolean
  onGrouped: (grouped: boolean) => void
}) {
  const box = useRef<HTMLInputElement>(null)
  useHotkey('history.filter', () => box.current?.focus())
  const problems = useMemo(() => parseHistoryFilter(filter).problems, [filter])
  const select = (label: string, term: string, options: readonly (readonly [string, string])[]) => {
    const value = termOf(filter, term)
    return (
      <Select
        small
        aria-label={label}
        className="max-sm:min-w-[30%] max-sm:flex-1"
        value={options.some(([known]) => known === value) ? value : ''}
        onChange={(event) => onFilter(withTerm(filter, term, event.target.value))}
      >
        {options.map(([known, word]) => (
          <option key={known} value={known}>
            {word}
          </option>
        ))}
      </Select>
    )
  }
  return (
    <>
      <header className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-1.5">
        {isPage ? <h1 className="text-title font-semibold">History</h1> : <h2 className="sr-only">History</h2>}
        <TextInput
          ref={box}
          type="search"
          aria-label="Filter the history"
          placeholder={isPage ? 'Text, exit:1, sandbox:name, label:team=api, tag:x' : 'Text, exit:1, tag:x'}
          className="min-w-52 flex-1 basis-60"
          value={filter}
          onChange={(event) => onFilter(event.target.value)}
        />
        <div className="flex flex-wrap items-center gap-2 max-sm:w-full">
          {select('State', 'state', stateOptions)}
          {select('Language', 'language', languageOptions)}
          {select('Time', 'since', sinceOptions)}
          <FilterToggle pressed={grouped} onChange={onGrouped}>
            Group identical
          </FilterToggle>
          <FilterToggle
            pressed={termOf(filter, 'is') === 'pinned'}
            onChange={(pinned) => onFilter(withTerm(filter, 'is', pinned ? 'pinned' : ''))}
          >
            Pinned
          </FilterToggle>
        </div>
      </header>
      {problems.length > 0 && (
        <p role="status" className="shrink-0 border-b border-line bg-raised px-4 py-1.5 text-body text-ink-2">
          {problems.join(' ')}
        </p>
      )}
    </>
  )
}

function Empty({ filter, onClear }: { filter: string; onClear: () => void }) {
  if (filter.trim() === '') {
    return (
      <EmptyState title="Nothing has run yet">
        Every run, command and cell appears here as it starts, and stays after its sandbox was deleted.
      </EmptyState>
    )
  }
  return (
    <div className="flex items-center gap-3 px-4 py-6 text-body text-ink-2">
      Nothing in the history matches this filter.
      <Button onClick={onClear}>Clear filter</Button>
    </div>
  )
}
