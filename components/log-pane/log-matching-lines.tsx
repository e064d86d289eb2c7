'use client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { classNames } from '@/components/ui/class-names'
import { visibleText } from '@/lib/display/visible-text'
import { CallFailure } from '@/lib/queries/call-failure'
import type { LineCriteria, MatchQueries } from './match-queries'
import type { StreamFilter } from './reader-view'

const rowHeight = 20
const number = new Intl.NumberFormat('en-US')

/** Only the matching lines of a whole log, with their numbers. A line opens where it is in the log. */
export function MatchingLineList({
  path,
  queries,
  criteria,
  filter,
  context,
  onOpen,
}: {
  path: string
  queries: MatchQueries
  criteria: LineCriteria
  filter: StreamFilter
  context: number
  onOpen: (offset: number) => void
}) {
  const scroller = useRef<HTMLDivElement>(null)
  const { data, error, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery({
    queryKey: ['matching-lines', path, filter, context, criteria],
    queryFn: ({ pageParam, signal }) => queries.lines(criteria, filter, context, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
    gcTime: 0,
    retry: false,
  })
  const lines = data?.pages.flatMap((page) => page.lines) ?? []
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 20,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasNextPage && !isFetching && last >= lines.length - 50) void fetchNextPage()
  }, [hasNextPage, isFetching, last, lines.length, fetchNextPage])
  const digits = String(lines.at(-1)?.line ?? 1).length
  return (
    <section
      ref={scroller}
      aria-label="Matching lines"
      className="focus-inset absolute inset-0 z-10 overflow-auto bg-term font-mono text-code"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keys
      tabIndex={0}
    >
      {lines.length === 0 && <p className="px-4 py-2 font-sans text-body text-ink-3">{emptyWord(error, isFetching)}</p>}
      <ol className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const line = lines[index]
          if (!line) return null
          return (
            <li
              key={line.offset}
              className="absolute inset-x-0 flex"
              style={{ height: rowHeight, transform: `translateY(${start}px)` }}
            >
              <button
                type="button"
                className={classNames(
                  'flex w-full items-center gap-4 px-3 text-left whitespace-pre hover:bg-raised focus-visible:bg-raised',
                  line.matches ? 'text-ink' : 'text-ink-3',
                )}
                onClick={() => onOpen(line.offset)}
              >
                <span className="shrink-0 text-right text-ink-3 tabular-nums" style={{ minWidth: `${digits}ch` }}>
                  {line.line}
                </span>
                <span className="min-w-0 truncate">{plainLine(line.text)}</span>
              </button>
            </li>
          )
        })}
      </ol>
      <p role="status" className="sr-only">
        {number.format(lines.length)} lines loaded
      </p>
    </section>
  )
}

function emptyWord(error: Error | null, isFetching: boolean): string {
  if (error) return error instanceof CallFailure ? error.message : 'The search was interrupted.'
  return isFetching ? 'Searching…' : 'No line matches.'
}

/** Without colours and other sequences. */
function plainLine(text: string): string {
  return visibleText(text.replace(/\x1b\[[0-9;:]*[A-Za-z]/g, '').replace(/\t/g, '    '))
}
