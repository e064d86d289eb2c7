'use client'
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type PointerEvent, useEffect, useEffectEvent, useRef } from 'react'
import { readColor } from '@/components/theme/terminal-theme'
import { onThemeChange } from '@/components/theme/theme-provider'
import { counted } from '@/lib/display/counted'
import type { Execution } from '@/lib/process-api/execution'
import type { JournalOverview } from '@/lib/process-api/journal-lines'
import type { LineQueries } from './journal-queries'
import { clockTime } from './lines/times'
import type { LogView } from './log-view'
import type { ReaderView } from './reader-view'
import { heightOfOffset, offsetAtHeight, stripBars } from './strip-scale'
import type { WholeCount } from './whole-count'

/** A shorter log has no strip: all of it is loaded anyway. */
const minStripBytes = 64 * 1024
const buckets = 300
const refreshIntervalMs = 3000
const noMatches: readonly number[] = []
const number = new Intl.NumberFormat('en-US')

/** Keys and the part of the log by which they move. */
const steps: Readonly<Record<string, number>> = {
  ArrowUp: -0.01,
  ArrowLeft: -0.01,
  ArrowDown: 0.01,
  ArrowRight: 0.01,
  PageUp: -0.1,
  PageDown: 0.1,
  Home: -1,
  End: 1,
}

/** The overview of a journal, read again while it grows. Null while it is loading, and for a short log. */
export function useOverview(
  path: string,
  lines: LineQueries | null,
  view: ReaderView | null,
  execution: Execution | null,
): JournalOverview | null {
  const running = execution?.state === 'running'
  const isLong = (execution?.output.bytes ?? 0) >= minStripBytes
  const { data } = useQuery({
    queryKey: ['journal-overview', path, running, view?.over ?? false],
    queryFn: ({ signal }) => lines?.overview('time', buckets, signal) ?? null,
    enabled: lines !== null && isLong,
    refetchInterval: running ? refreshIntervalMs : false,
    placeholderData: (before) => before,
  })
  return isLong ? (data ?? null) : null
}

/** The strip of a log, once its overview is known. */
export function LogStrip(props: {
  log: LogView | null
  overview: JournalOverview | null
  filter: ReaderView['filter']
  count: WholeCount
}) {
  const { log, overview, filter, count } = props
  // Parts of one stream have other offsets than those of the journal.
  const matches = filter === 'both' ? count.buckets : noMatches
  return log && overview && <Strip log={log} overview={overview} filter={filter} matches={matches} />
}

/**
 * The whole log as a strip: how much was printed when, with stderr marked, and which part is on the screen. Drag it, or use
 * the arrow keys, to show another part.
 */
function Strip({
  log,
  overview,
  filter,
  matches,
}: {
  log: LogView
  overview: JournalOverview
  filter: ReaderView['filter']
  /** Matching lines in each part of the same size. */
  matches: readonly number[]
}) {
  const slider = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const requested = useRef<number | null>(null)
  const isMoving = useRef(false)

  const draw = useEffectEvent(() => {
    if (!canvas.current || !slider.current) return
    // The offsets on the screen are those of the journal only if both streams are shown.
    const { viewOffset, lastViewOffset } = filter === 'both' ? log.terminal : { viewOffset: null, lastViewOffset: null }
    drawStrip(canvas.current, overview, matches, viewOffset, lastViewOffset)
    describePosition(slider.current, overview, viewOffset)
  })

  useEffect(() => log.onPosition(() => draw()), [log])
  useEffect(() => {
    if (overview && matches) draw()
  }, [overview, matches])
  useEffect(() => {
    if (!slider.current) return
    const resizes = new ResizeObserver(() => draw())
    resizes.observe(slider.current)
    const stopTheme = onThemeChange(() => draw())
    return () => {
      resizes.disconnect()
      stopTheme()
    }
  }, [])

  /** A drag requests many places; only the newest one is opened once the one before was found. */
  const move = async (height: number) => {
    requested.current = height
    if (isMoving.current) return
    isMoving.current = true
    try {
      while (requested.current !== null) {
        const offset = offsetAtHeight(overview, requested.current)
        requested.current = null
        await log.goToJournalOffset(Math.min(offset, Math.max(0, overview.size - 1)))
      }
    } catch {
      // The log stays where it is; a lost connection is shown by the pane itself.
    } finally {
      isMoving.current = false
    }
  }
  const onPointer = (event: PointerEvent<HTMLDivElement>) => {
    if (event.type === 'pointerdown') {
      event.currentTarget.setPointerCapture(event.pointerId)
      event.currentTarget.focus()
    } else if (event.buttons === 0) {
      return
    }
    const { top, height } = event.currentTarget.getBoundingClientRect()
    void move((event.clientY - top) / height)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = steps[event.key]
    if (step === undefined || event.metaKey || event.ctrlKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    const current = requested.current ?? heightOfOffset(overview, log.terminal.viewOffset ?? 0)
    void move(Math.max(0, Math.min(current + step, 1)))
  }
  return (
    <div
      ref={slider}
      role="slider"
      tabIndex={0}
      aria-label="Position in the log"
      aria-orientation="vertical"
      aria-valuemin={1}
      aria-valuemax={Math.max(1, overview.lines)}
      aria-valuenow={1}
      className="log-strip focus-inset relative w-5 shrink-0 cursor-pointer touch-none border-l border-line sm:w-10"
      onPointerDown={onPointer}
      onPointerMove={onPointer}
      onKeyDown={onKeyDown}
    >
      <canvas ref={canvas} className="absolute inset-0 h-full w-full" />
    </div>
  )
}

function describePosition(slider: HTMLElement, overview: JournalOverview, viewOffset: number | null): void {
  const height = viewOffset === null ? 0 : heightOfOffset(overview, viewOffset)
  const share = overview.size === 0 ? 0 : (viewOffset ?? 0) / overview.size
  slider.setAttribute('aria-valuenow', String(Math.max(1, Math.round(share * overview.lines))))
  const { by, startMs, endMs } = overview
  const time =
    by === 'time' && startMs !== null && endMs !== null ? clockTime(startMs + (endMs - startMs) * height) : null
  const lines = counted(overview.lines, 'line', 'lines', number.format(overview.lines))
  const percent = `${Math.round(share * 100)}% of ${lines}`
  slider.setAttribute('aria-valuetext', time === null ? percent : `${percent}, ${time}`)
}

function drawStrip(
  canvas: HTMLCanvasElement,
  overview: JournalOverview,
  matches: readonly number[],
  viewOffset: number | null,
  lastViewOffset: number | null,
): void {
  const scale = window.devicePixelRatio
  const width = Math.round(canvas.clientWidth * scale)
  const height = Math.round(canvas.clientHeight * scale)
  if (width === 0 || height === 0) return
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  const context = canvas.getContext('2d')
  if (!context) return
  context.clearRect(0, 0, width, height)
  const colors = stripColors()
  const bars = stripBars(overview)
  const step = height / bars.length
  for (const [index, { length, stderr }] of bars.entries()) {
    if (length === 0) continue
    const top = Math.floor(index * step)
    const thickness = Math.max(1, Math.ceil((index + 1) * step) - top)
    const bar = Math.ceil(length * width)
    context.fillStyle = colors.bar
    context.fillRect(0, top, bar, thickness)
    if (stderr > 0) {
      context.fillStyle = colors.stderr
      context.fillRect(0, top, Math.max(3 * scale, bar * stderr), thickness)
    }
  }
  context.fillStyle = colors.match
  for (const [index, count] of matches.entries()) {
    if (count === 0) continue
    const top = heightOfOffset(overview, (overview.size * index) / matches.length) * height
    const bottom = heightOfOffset(overview, (overview.size * (index + 1)) / matches.length) * height
    context.fillRect(
      width - 6 * scale,
      Math.floor(top),
      6 * scale,
      Math.max(2 * scale, Math.min(bottom - top, 4 * scale)),
    )
  }
  if (viewOffset === null) return
  const top = heightOfOffset(overview, viewOffset) * height
  const bottom = heightOfOffset(overview, lastViewOffset ?? viewOffset) * height
  const thickness = Math.max(4 * scale, bottom - top)
  const start = Math.min(Math.round(top), height - thickness)
  context.fillStyle = colors.window
  context.fillRect(0, start, width, thickness)
  context.strokeStyle = colors.accent
  context.lineWidth = scale
  context.strokeRect(scale / 2, start + scale / 2, width - scale, thickness - scale)
}

function stripColors() {
  return {
    bar: readColor('color-mix(in oklab, var(--ink) 28%, var(--term))'),
    stderr: readColor('var(--fail)'),
    match: readColor('var(--time)'),
    accent: readColor('var(--accent)'),
    window: `${readColor('var(--accent)')}38`,
  }
}
