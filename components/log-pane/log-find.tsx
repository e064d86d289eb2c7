'use client'
import { CaseSensitive, ChevronDown, ChevronUp, ListFilter, Regex, WholeWord, X } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { Button, IconButton } from '@/components/ui/button'
import { TextInput } from '@/components/ui/field'
import { countWord, isRegex } from '@/components/ui/find-words'
import { formatBytes } from '@/components/ui/quantity'
import { counted } from '@/lib/display/counted'
import { LineFilterBar, type LineFilterState, noLineFilter } from './log-line-filter'
import { MatchingLineList } from './log-matching-lines'
import type { Finding } from './log-search'
import type { LogView } from './log-view'
import type { MatchQueries } from './match-queries'
import type { ReaderView } from './reader-view'
import { useFinding, useWholeCount } from './use-log-view'
import type { WholeCount } from './whole-count'

/** More matches than this are displayed as "1000+", without an index. */
const maxCountedMatches = 1000
const number = new Intl.NumberFormat('en-US')

/** Search of the whole log by the target. */
export interface WholeSearch {
  path: string
  queries: MatchQueries
  /** Where the list of matching lines is shown: over the log. */
  listHost: HTMLElement | null
  /** When the log starts, ms since epoch; null where unknown. */
  startMs: number | null
}

/** Find in the log: next, previous, case, words, regular expressions. The part that is not loaded is searched by the engine. */
export function LogFind({
  log,
  view,
  whole,
  onClose,
}: {
  log: LogView
  view: ReaderView
  whole: WholeSearch | null
  onClose: () => void
}) {
  const [term, setTerm] = useState('')
  const [regex, setRegex] = useState(false)
  const [caseSensitive, setCaseSensitive] = useState(false)
  const [wholeWord, setWholeWord] = useState(false)
  const [lineFilter, setLineFilter] = useState<LineFilterState | null>(null)
  const finding = useFinding(log)
  const count = useWholeCount(log)
  const field = useRef<HTMLInputElement>(null)
  const invalid = regex && !isRegex(term)

  useEffect(() => {
    field.current?.focus()
    return () => {
      log.search.clear()
      log.wholeCount?.clear()
    }
  }, [log])

  useEffect(() => {
    if (!invalid) log.search.type(term, { regex, caseSensitive, wholeWord, incremental: true })
  }, [log, term, regex, caseSensitive, wholeWord, invalid])

  const { filter } = view
  const { level, since, until, context } = lineFilter ?? noLineFilter
  const criteria = { text: term, regex, caseSensitive, wholeWord, level, since, until }
  const isFiltering = lineFilter !== null
  const hasCriteria = term !== '' || level !== null || since !== null || until !== null
  const part = view.earlierBytes + view.laterBytes > 0
  const counts = hasCriteria && !invalid && (part || isFiltering)
  useEffect(() => {
    if (!counts) log.wholeCount?.clear()
    else log.wholeCount?.start({ text: term, regex, caseSensitive, wholeWord, level, since, until }, filter)
  }, [log, counts, term, regex, caseSensitive, wholeWord, level, since, until, filter])

  const options = { regex, caseSensitive, wholeWord, incremental: false }
  const go = (direction: 'next' | 'previous') => {
    if (!invalid) log.search.go(term, options, direction)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // The list of matching lines has keys of its own.
    if (event.target instanceof Node && !event.currentTarget.contains(event.target) && event.key !== 'Escape') return
    if (event.key === 'Escape') onClose()
    else if (event.key === 'Enter') go(event.shiftKey ? 'previous' : 'next')
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <search
      aria-label="Find in this log"
      className="flex min-h-8 shrink-0 flex-wrap items-center gap-1 border-b border-line bg-raised px-2 py-1"
      onKeyDown={onKeyDown}
    >
      <TextInput
        ref={field}
        small
        mono
        type="search"
        aria-label="Find"
        placeholder="Find"
        className="max-w-60 min-w-32 flex-1 max-sm:max-w-full max-sm:basis-[calc(100%-3.25rem)]"
        aria-invalid={invalid || undefined}
        value={term}
        onChange={(event) => setTerm(event.target.value)}
      />
      <span role="status" className="min-w-20 px-1 text-label text-ink-2 tabular-nums max-sm:order-1 max-sm:flex-1">
        {term !== '' && (invalid ? 'Invalid regular expression' : limitedCountWord(finding))}
      </span>
      <IconButton
        size="sm"
        className="max-sm:order-1"
        label="Previous match (Shift+Enter)"
        icon={<ChevronUp strokeWidth={1.5} />}
        onClick={() => go('previous')}
      />
      <IconButton
        size="sm"
        className="max-sm:order-1"
        label="Next match (Enter)"
        icon={<ChevronDown strokeWidth={1.5} />}
        onClick={() => go('next')}
      />
      <IconButton
        size="sm"
        className="max-sm:order-1"
        label="Match case"
        pressed={caseSensitive}
        icon={<CaseSensitive strokeWidth={1.5} />}
        onClick={() => setCaseSensitive(!caseSensitive)}
      />
      <IconButton
        size="sm"
        className="max-sm:order-1"
        label="Whole words"
        pressed={wholeWord}
        icon={<WholeWord strokeWidth={1.5} />}
        onClick={() => setWholeWord(!wholeWord)}
      />
      <IconButton
        size="sm"
        className="max-sm:order-1"
        label="Regular expression"
        pressed={regex}
        icon={<Regex strokeWidth={1.5} />}
        onClick={() => setRegex(!regex)}
      />
      {whole && (
        <IconButton
          size="sm"
          className="max-sm:order-1"
          label="Only matching lines"
          pressed={isFiltering}
          icon={<ListFilter strokeWidth={1.5} />}
          onClick={() => setLineFilter(isFiltering ? null : noLineFilter)}
        />
      )}
      <span role="status" className="px-1 text-label text-ink-2 tabular-nums max-sm:order-2">
        {wholeCountWord(count)}
      </span>
      {part && (
        <span className="flex flex-wrap items-center gap-x-2 px-1 text-label text-ink-3 max-sm:order-2 max-sm:basis-full">
          <RestWord finding={finding} view={view} searchable={log.search.canSearchRest(options)} />
          {term !== '' && finding.rest === 'unknown' && log.search.canSearchRest(options) && (
            <Button
              size="sm"
              variant="ghost"
              onClick={() => {
                log.search.searchRest(term, options)
                // The button disappears; Enter continues in the field.
                field.current?.focus()
              }}
            >
              Search all {formatBytes(view.earlierBytes + view.loadedBytes + view.laterBytes)}
            </Button>
          )}
        </span>
      )}
      <IconButton
        size="sm"
        label="Close (Escape)"
        className="ml-auto sm:order-3"
        icon={<X strokeWidth={1.5} />}
        onClick={onClose}
      />
      {whole && lineFilter && (
        <LineFilterBar
          filter={lineFilter}
          startMs={whole.startMs}
          downloadUrl={whole.queries.downloadUrl(criteria, filter, context)}
          onChange={setLineFilter}
        />
      )}
      {whole?.listHost &&
        isFiltering &&
        !invalid &&
        createPortal(
          <MatchingLineList
            path={whole.path}
            queries={whole.queries}
            criteria={criteria}
            filter={filter}
            context={context}
            onOpen={(offset) => {
              setLineFilter(null)
              void log.goTo({ offset }).catch(() => undefined)
            }}
          />,
          whole.listHost,
        )}
    </search>
  )
}

/** Which part of the log was searched. */
function RestWord({ finding, view, searchable }: { finding: Finding; view: ReaderView; searchable: boolean }) {
  const whole = formatBytes(view.earlierBytes + view.loadedBytes + view.laterBytes)
  if (searchable && finding.rest === 'searching') return `Searching all ${whole}…`
  if (searchable && finding.rest === 'none') return `No other match in ${whole}`
  if (searchable && finding.rest === 'failed') return 'Could not search the rest'
  return `in the ${view.laterBytes === 0 ? 'last' : 'loaded'} ${formatBytes(view.loadedBytes)}`
}

/** Such as `1,234 lines match`, or how far the search is. */
function wholeCountWord({ phase, lines, searched, size, complete, message }: WholeCount): string {
  if (phase === 'idle') return ''
  if (phase === 'failed') return message ?? ''
  const found = counted(lines, 'line matches', 'lines match', number.format(lines))
  if (phase === 'done')
    return complete ? `${found} in ${formatBytes(size)}` : `${found} in the first ${formatBytes(searched)}`
  return size === 0 ? 'Searching…' : `${found}, ${Math.floor((searched / size) * 100)}% searched`
}

function limitedCountWord(finding: Finding): string {
  return finding.count >= maxCountedMatches ? `${maxCountedMatches}+` : countWord(finding)
}
