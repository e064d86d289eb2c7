'use client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useCallback, useMemo, useRef, useState } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { Select, TextInput } from '@/components/ui/field'
import { SkeletonRows } from '@/components/ui/skeleton'
import { useFilterText } from '@/components/ui/use-filter-text'
import { parseAuditFilter } from '@/lib/process-api/audit-filter'
import { termOf, withTerm } from '@/lib/process-api/filter-terms'
import { auditQuery } from '@/lib/queries/audit'
import { toCallFailure } from '@/lib/queries/call-failure'
import { targetPath } from '@/lib/queries/read'
import { AuditList } from './audit-list'

const sinceOptions = [
  ['', 'Any time'],
  ['1h', 'Last hour'],
  ['24h', 'Last day'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
] as const
const kindOptions = [
  ['', 'Changes and reads'],
  ['change', 'Changes'],
  ['read', 'Reads'],
  ['failed', 'Failed or refused'],
] as const

/** Who did what with a target, newest first. The filter is in the address. */
export function AuditView() {
  const target = useTarget()
  const [filter, setFilter] = useFilterText()
  const scroller = useRef<HTMLDivElement>(null)
  const [openSeq, setOpenSeq] = useState<number | null>(null)
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    auditQuery(target, filter.trim()),
  )
  const entries = useMemo(() => data?.pages.flatMap((page) => page.entries), [data])
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, isFetchingNextPage])
  return (
    <section
      aria-label="Audit log"
      data-pane=""
      tabIndex={-1}
      className="flex min-h-0 min-w-0 flex-1 flex-col bg-surface"
    >
      <Header filter={filter} onFilter={setFilter} exportUrl={exportUrl(target, filter)} />
      <div ref={scroller} className="min-h-0 flex-1 overflow-auto">
        {!entries && !error && <SkeletonRows rows={8} label="Loading the audit log" />}
        {error && (
          <div className={entries && 'p-2'}>
            <ErrorState compact={entries !== undefined} failure={toCallFailure(error)} onRetry={() => void refetch()} />
          </div>
        )}
        {entries?.length === 0 && <Empty filter={filter} onClear={() => setFilter('')} />}
        {entries && entries.length > 0 && (
          <AuditList
            entries={entries}
            scroller={scroller}
            openSeq={openSeq}
            onOpen={setOpenSeq}
            onEnd={hasNextPage ? loadMore : null}
          />
        )}
      </div>
    </section>
  )
}

function exportUrl(target: string, filter: string): string {
  const path = targetPath(target, 'audit', 'export')
  return filter.trim() === '' ? path : `${path}?${new URLSearchParams({ q: filter.trim() })}`
}

function Header({
  filter,
  onFilter,
  exportUrl,
}: {
  filter: string
  onFilter: (filter: string) => void
  exportUrl: string
}) {
  const box = useRef<HTMLInputElement>(null)
  useHotkey('audit.filter', () => box.current?.focus())
  const problems = useMemo(() => parseAuditFilter(filter).problems, [filter])
  const since = termOf(filter, 'since')
  const kind = termOf(filter, 'is')
  return (
    <>
      <header className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-1.5">
        <h1 className="text-title font-semibold">Audit log</h1>
        <TextInput
          ref={box}
          type="search"
          aria-label="Filter the audit log"
          placeholder="Text, person:ada, action:run.start, sandbox:id"
          className="min-w-52 flex-1 basis-60"
          value={filter}
          onChange={(event) => onFilter(event.target.value)}
        />
        <div className="flex flex-wrap items-center gap-2 max-sm:w-full">
          <Select
            small
            aria-label="Kind"
            value={kindOptions.some(([known]) => known === kind) ? kind : ''}
            onChange={(event) => onFilter(withTerm(filter, 'is', event.target.value))}
          >
            {kindOptions.map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </Select>
          <Select
            small
            aria-label="Time"
            value={sinceOptions.some(([known]) => known === since) ? since : ''}
            onChange={(event) => onFilter(withTerm(filter, 'since', event.target.value))}
          >
            {sinceOptions.map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </Select>
          <Button asChild>
            <a href={exportUrl} download="audit.jsonl">
              <Download size={14} strokeWidth={1.5} aria-hidden="true" />
              Export
            </a>
          </Button>
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
      <EmptyState title="Nothing was recorded yet">
        Every change, and every read of output and files, appears here with who did it.
      </EmptyState>
    )
  }
  return (
    <div className="flex items-center gap-3 px-4 py-6 text-body text-ink-2">
      Nothing in the audit log matches this filter.
      <Button onClick={onClear}>Clear filter</Button>
    </div>
  )
}
