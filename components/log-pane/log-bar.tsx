'use client'
import { LogFind } from './log-find'
import { LogGoTo } from './log-go-to'
import type { LogView } from './log-view'
import type { MatchQueries } from './match-queries'
import type { ReaderView } from './reader-view'

/** `find`: search. `line`: go to a line, time or percentage. Null: no bar. */
export type LogBarName = 'find' | 'line' | null

/** The open bar above the log. */
export function LogBar({
  path,
  matches,
  listHost,
  bar,
  log,
  view,
  numbersLines,
  startMs,
  onClose,
}: {
  path: string
  matches: MatchQueries | null
  listHost: HTMLElement | null
  bar: LogBarName
  log: LogView
  view: ReaderView
  numbersLines: boolean
  startMs: number | null
  onClose: () => void
}) {
  if (bar === 'find') {
    const whole = matches && { path, queries: matches, listHost, startMs }
    return <LogFind log={log} view={view} whole={whole} onClose={onClose} />
  }
  if (bar === null) return null
  if (numbersLines) return <LogGoTo log={log} startMs={startMs} onClose={onClose} />
  return (
    <p role="status" className="flex min-h-8 items-center border-b border-line bg-raised px-3 text-label text-ink-2">
      This target does not number the lines of its logs.
    </p>
  )
}
