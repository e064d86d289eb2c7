'use client'
import { Pin } from 'lucide-react'
import { type MouseEvent, type RefObject, useCallback, useEffect } from 'react'
import { endSentence } from '@/components/execution/end-sentence'
import { Age } from '@/components/ui/age'
import { classNames } from '@/components/ui/class-names'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { formatDuration } from '@/components/ui/quantity'
import { moveOverRows } from '@/components/ui/row-link'
import { StateChip } from '@/components/ui/state-chip'
import { useMediaQuery } from '@/components/ui/use-media-query'
import { useVirtualRows } from '@/components/ui/use-virtual-rows'
import { visibleText } from '@/lib/display/visible-text'
import { hasEnded } from '@/lib/process-api/has-ended'
import type { HistoryEntry, HistoryGroup } from '@/lib/process-api/history'
import { explainEnd } from '@/lib/process-api/why-ended'
import { entryDisplay, entryKind, entryTitle } from './history-display'

/** Rows from the end at which the next page is read. */
const loadAhead = 30

/** An entry, and how many with the same text there are when they are grouped. */
export interface HistoryRow {
  entry: HistoryEntry
  group: Pick<HistoryGroup, 'count' | 'failed'> | null
}

/** The rows of the history, of which only the visible ones are rendered; further pages are read while scrolling. */
export function HistoryList({
  rows,
  scroller,
  currentId,
  showSandbox,
  besideEntry,
  hrefOf,
  onOpen,
  onCompare,
  onEnd,
}: {
  rows: readonly HistoryRow[]
  scroller: RefObject<HTMLDivElement | null>
  currentId: number | null
  showSandbox: boolean
  /** Whether an entry is open beside the list, which leaves less room. */
  besideEntry: boolean
  hrefOf: (entryId: number) => string
  onOpen: (entry: HistoryEntry) => void
  /** Shift+click on a row; null while no entry is open. */
  onCompare: ((entry: HistoryEntry) => void) | null
  /** Called when the end comes near; null if there are no more rows. */
  onEnd: (() => void) | null
}) {
  const phone = useMediaQuery('(max-width: 767px)')
  const medium = useMediaQuery('(max-width: 1599px)')
  const coarse = useMediaQuery('(pointer: coarse)')
  const twoLines = phone || (medium && besideEntry)
  const height = twoLines ? 52 : coarse ? 44 : 32
  const getItemKey = useCallback((index: number) => rows[index]?.entry.id ?? index, [rows])
  const { items, before, after } = useVirtualRows({ scroller, count: rows.length, height, getItemKey })
  const lastIndex = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (onEnd !== null && lastIndex >= rows.length - loadAhead) onEnd()
  }, [lastIndex, rows.length, onEnd])
  return (
    <ul
      aria-label="Executions"
      className="@container"
      style={{ paddingTop: before, paddingBottom: Math.max(0, after) }}
      onKeyDown={moveOverRows}
    >
      {items.map(({ index }) => {
        const row = rows[index]
        return (
          row && (
            <li key={row.entry.id} aria-setsize={onEnd === null ? rows.length : -1} aria-posinset={index + 1}>
              <Row
                row={row}
                height={height}
                twoLines={twoLines}
                current={row.entry.id === currentId}
                showSandbox={showSandbox}
                href={hrefOf(row.entry.id)}
                onOpen={() => onOpen(row.entry)}
                onCompare={onCompare && row.entry.id !== currentId ? () => onCompare(row.entry) : null}
              />
            </li>
          )
        )
      })}
    </ul>
  )
}

function Row({
  row: { entry, group },
  height,
  twoLines,
  current,
  showSandbox,
  href,
  onOpen,
  onCompare,
}: {
  row: HistoryRow
  height: number
  twoLines: boolean
  current: boolean
  showSandbox: boolean
  href: string
  onOpen: () => void
  onCompare: (() => void) | null
}) {
  const onClick = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey || (event.shiftKey && !onCompare)) return
    event.preventDefault()
    if (event.shiftKey) onCompare?.()
    else onOpen()
  }
  const why = hasEnded(entry.state) ? shortReason(entry) : null
  return (
    <a
      href={href}
      aria-current={current ? 'true' : undefined}
      data-row=""
      data-pane-focus={current ? '' : undefined}
      onClick={onClick}
      style={{ height }}
      className={classNames(
        'focus-inset relative flex items-center gap-x-3 border-b border-line px-3 transition-colors',
        twoLines && 'flex-wrap content-center gap-y-0.5',
        current
          ? 'bg-hover before:absolute before:inset-y-0 before:left-0 before:w-0.5 before:bg-accent'
          : 'hover:bg-hover',
      )}
    >
      <span className={classNames('shrink-0', !twoLines && 'w-40')}>
        <StateChip display={entryDisplay(entry)} />
      </span>
      <span className={classNames('flex min-w-0 items-center gap-2', twoLines ? 'order-last w-full' : 'flex-1')}>
        {entry.pinned && <Pin aria-label="Pinned" size={12} strokeWidth={1.5} className="shrink-0 text-accent" />}
        <span
          className={classNames('max-w-full shrink truncate text-label', entry.name === '' && 'font-mono')}
          title={visibleText(entryTitle(entry))}
        >
          <OutsideText text={entryTitle(entry)} />
        </span>
        {group && group.count > 1 && <Count {...group} />}
        {entry.tags.map((tag) => (
          <span key={tag} className="shrink-0 rounded-chip border border-line px-1 text-meta text-ink-3 max-lg:hidden">
            <OutsideText text={tag} />
          </span>
        ))}
        {why && (
          <span className="min-w-0 flex-1 truncate text-label text-ink-3 @max-lg:hidden">
            <OutsideText text={why} />
          </span>
        )}
      </span>
      {showSandbox && (
        <span
          className={classNames(
            'truncate font-mono text-label',
            twoLines ? 'min-w-0 flex-1 basis-0' : 'w-36 shrink-0 max-lg:w-28',
            entry.sandboxDeleted ? 'text-ink-3 line-through' : 'text-ink-2',
          )}
          title={visibleText(entry.sandboxDeleted ? `${entry.sandboxName} (deleted)` : entry.sandboxName)}
        >
          <OutsideText text={entry.sandboxName} />
          {entry.sandboxDeleted && <span className="sr-only"> (deleted)</span>}
        </span>
      )}
      <span className="w-32 shrink-0 truncate text-label text-ink-3 @max-2xl:hidden">
        <OutsideText text={entryKind(entry)} />
      </span>
      <span
        className={classNames(
          // As wide in every row, so that the column before it is straight.
          'ml-auto shrink-0 text-right text-label whitespace-nowrap text-ink-3 tabular-nums @2xl:w-36',
          !twoLines && 'w-36',
        )}
      >
        <Duration entry={entry} />
        {' · '}
        <LocalTime iso={entry.at} />
      </span>
    </a>
  )
}

function Duration({ entry }: { entry: HistoryEntry }) {
  if (entry.durationMs !== null) return formatDuration(entry.durationMs)
  return entry.state === 'running' && entry.startedAt ? <Age since={entry.startedAt} /> : '–'
}

/** One line: the sentence on its end, what the exit code stands for, or the last line of stderr. */
function shortReason(entry: HistoryEntry): string | null {
  const explanation = explainEnd(entry)
  return endSentence(entry) ?? explanation?.lastLines.at(-1) ?? explanation?.meaning ?? null
}

function Count({ count, failed }: { count: number; failed: number }) {
  return (
    <span className="shrink-0 text-label whitespace-nowrap text-ink-2">
      ran {count.toLocaleString('en-US')} times
      {failed > 0 && <span className="tone-fail text-tone">, failed {failed.toLocaleString('en-US')}</span>}
    </span>
  )
}
