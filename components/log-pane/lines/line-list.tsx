'use client'
import './line-list.css'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useEffectEvent, useLayoutEffect, useRef } from 'react'
import { ansiSpans } from '@/components/ui/ansi-spans'
import { OutsideText } from '@/components/ui/outside-text'
import type { LineRow } from './line-model'
import type { MergedRow } from './merged-lines'
import { type TimeMode, timeText } from './times'

const rowHeight = 18

/** Where a row comes from: its name, and one of the colours of `sourceTone`. */
export interface RowSource {
  name: string
  /** A class that sets the tone. */
  tone: string
}

/** Rows of one or several journals, of which only those on the screen are elements. */
export function LineList({
  rows,
  version,
  label,
  sources,
  times,
  timeMode,
  wrap,
  following,
  onFollow,
  linked,
  linkTo,
  children,
}: {
  rows: readonly MergedRow[]
  /** Changes when a row has changed in place. */
  version: number
  label: string
  /** By source index; null for rows of one source. */
  sources: readonly RowSource[] | null
  times: boolean
  timeMode: TimeMode
  wrap: boolean
  /** Stay at the end. */
  following: boolean
  /** The user has scrolled to the end, or away from it. */
  onFollow: (following: boolean) => void
  /** The row that a link leads to. */
  linked: { source: number; offset: number } | null
  /** The address of a row; its time is a link to it. */
  linkTo: ((row: MergedRow) => string) | null
  /** Draws the text of a row; plain output without it. */
  children?: (row: LineRow) => ReactNode
}) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => keyOf(rows[index]),
    overscan: 10,
  })
  const linkedIndex = linked === null ? -1 : indexOf(rows, linked)
  const linkedKey = linked === null ? null : `${linked.source}:${linked.offset}`
  const lastTop = useRef(0)
  const height = virtual.getTotalSize()
  useLayoutEffect(() => {
    // Read, so that the end is kept in view after each change of the rows and of their heights.
    void version
    void height
    if (following && scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight
  }, [version, height, following])
  const isLinkedLoaded = linkedIndex !== -1
  // Only once: later rows must not scroll the view back.
  const showLinked = useEffectEvent(() => virtual.scrollToIndex(linkedIndex, { align: 'center' }))
  useEffect(() => {
    if (isLinkedLoaded && linkedKey !== null) showLinked()
  }, [isLinkedLoaded, linkedKey])

  const onScroll = () => {
    const element = scroller.current
    if (!element) return
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < rowHeight
    // Rows that are measured move the end away; only scrolling up is the user's.
    const isUp = element.scrollTop < lastTop.current
    lastTop.current = element.scrollTop
    if (following ? isUp && !isAtEnd : isAtEnd) onFollow(!following)
  }
  const items = virtual.getVirtualItems()
  const start = rows[0]?.time ?? null
  return (
    <div
      ref={scroller}
      role="log"
      aria-live="off"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls by keys must be reachable by keys
      tabIndex={0}
      data-pane-focus=""
      data-wrap={wrap ? '' : undefined}
      className="line-list focus-inset min-h-0 flex-1"
      onScroll={onScroll}
    >
      <div style={{ height: items[0]?.start ?? 0 }} />
      {items.map((item) => {
        const merged = rows[item.index]
        if (!merged) return null
        const { row, source, time } = merged
        const before = timeMode === 'start' ? start : (rows[item.index - 1]?.time ?? null)
        const from = sources?.[source]
        const shownTime = row.wallMs === null ? '' : timeText(timeMode, time, before)
        return (
          <div
            key={item.key}
            ref={wrap ? virtual.measureElement : undefined}
            data-index={item.index}
            data-linked={item.index === linkedIndex ? '' : undefined}
            data-stderr={row.stream === 'stderr' ? '' : undefined}
            className="line-row"
          >
            {times && (
              <span className="line-time">
                {linkTo ? (
                  <a href={linkTo(merged)} tabIndex={-1} title="Link to this line" className="hover:underline">
                    {shownTime || '·'}
                  </a>
                ) : (
                  shownTime
                )}
              </span>
            )}
            {from && (
              <span className={`line-source ${from.tone}`}>
                <OutsideText text={from.name} />
              </span>
            )}
            <span className="line-text">{children ? children(row) : <RowText text={row.text} />}</span>
          </div>
        )
      })}
      <div style={{ height: height - (items.at(-1)?.end ?? 0) }} />
    </div>
  )
}

/** Output with its colours. Invisible characters are already shown by their number. */
export function RowText({ text }: { text: string }) {
  if (!text.includes('\x1b')) return text
  let at = 0
  return ansiSpans(text).map(({ text: part, css }) => {
    const key = at
    at += part.length
    return (
      <span key={key} style={css ?? undefined}>
        {part}
      </span>
    )
  })
}

function keyOf(merged: MergedRow | undefined): string {
  return merged ? `${merged.source}:${merged.row.offset}:${merged.row.id}` : ''
}

/** The row that contains an offset of a source. */
function indexOf(rows: readonly MergedRow[], { source, offset }: { source: number; offset: number }): number {
  return rows.findLastIndex((one) => one.source === source && one.row.offset <= offset)
}
