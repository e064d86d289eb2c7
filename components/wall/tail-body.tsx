'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { DrawRounds } from '@/components/log-pane/lines/draw-rounds'
import type { LineRow } from '@/components/log-pane/lines/line-model'
import { TailFollower, type TailState } from '@/components/log-pane/lines/tail-follower'
import { TailView } from '@/components/log-pane/lines/tail-view'
import { withoutAnsi } from '@/components/ui/ansi-spans'
import { OutsideText } from '@/components/ui/outside-text'
import { useLiveClient } from '@/lib/live/client/use-live'
import type { JournalRef } from '@/lib/live/protocol'
import type { Execution } from '@/lib/process-api/execution'
import { hasEnded } from '@/lib/process-api/has-ended'
import { applyEnd } from '@/lib/queries/cache'
import { useShown } from './use-shown'

/** Rows that are kept: a tall pane of a large screen shows fewer. */
const maxRows = 150
const rowHeight = 16
/** A pane is drawn at most this often: faster text cannot be read. */
const drawIntervalMs = 100

let shared: DrawRounds | null = null

/** One for all panes of the tab. */
function rounds(): DrawRounds {
  shared ??= new DrawRounds(
    { now: () => performance.now(), nextFrame: (run) => requestAnimationFrame(run) },
    drawIntervalMs,
  )
  return shared
}

/** The end of an execution, as the stream of its output reported it. */
export interface TailEnd {
  execution: Execution
  /** The last line of stderr, or of the output where stderr is empty. */
  lastLine: string
}

/** The newest rows of a journal, live while they are on the screen. */
export function TailBody({
  target,
  journal,
  size,
  label,
  onEnd,
  onReceived,
}: {
  target: string
  journal: JournalRef
  /** The last known size of the journal. */
  size: number
  label: string
  onEnd: (end: TailEnd) => void
  onReceived: (bytes: number) => void
}) {
  const host = useRef<HTMLDivElement>(null)
  const client = useLiveClient()
  const cache = useQueryClient()
  const [follower, setFollower] = useState<TailFollower | null>(null)
  const [state, setState] = useState<TailState | null>(null)
  const shown = useShown(host)
  const key = JSON.stringify(journal)
  const learnEnd = useEffectEvent((ended: Execution, rows: readonly LineRow[]) => {
    if (!hasEnded(ended.state)) return
    applyEnd(cache, target, journal, ended)
    onEnd({ execution: ended, lastLine: lastLineOf(rows) })
  })
  const receive = useEffectEvent((bytes: number) => onReceived(bytes))
  const open = useEffectEvent((ref: JournalRef, element: HTMLElement) => {
    const view = new TailView(element)
    const drawing = {
      draw: () => view.draw(tail.takeRows(), Math.floor((element.clientHeight - 4) / rowHeight)),
    }
    const tail = new TailFollower({
      client,
      target,
      ref,
      size,
      maxRows,
      onDirty: () => rounds().request(drawing),
      onState: (next) => {
        setState(next)
        if (next.ended) learnEnd(next.ended, tail.takeRows())
        rounds().request(drawing)
      },
      onReceived: (bytes) => receive(bytes),
    })
    const resizes = new ResizeObserver(() => rounds().request(drawing))
    resizes.observe(element)
    const close = () => {
      resizes.disconnect()
      rounds().cancel(drawing)
      tail.stop()
      element.replaceChildren()
    }
    return { tail, close }
  })

  useEffect(() => {
    if (!host.current) return
    const opened = open(JSON.parse(key) as JournalRef, host.current)
    setFollower(opened.tail)
    return () => {
      setFollower(null)
      setState(null)
      opened.close()
    }
  }, [key])
  const start = useEffectEvent(() => follower?.start(size))
  useEffect(() => {
    if (!follower) return
    if (shown) start()
    else follower.stop()
  }, [follower, shown])

  return (
    <div className="relative min-h-0 flex-1">
      <div ref={host} role="log" aria-live="off" aria-label={label} className="tail absolute inset-0" />
      {state?.message && (
        <p className="absolute inset-x-0 top-0 border-b border-line bg-raised px-3 py-1 text-label text-ink-2">
          {state.phase === 'away' && 'Reconnecting: '}
          <OutsideText text={state.message} />
          {state.phase === 'failed' && (
            <button type="button" className="ml-2 underline" onClick={() => follower?.retry()}>
              Retry
            </button>
          )}
        </p>
      )}
    </div>
  )
}

function lastLineOf(rows: readonly LineRow[]): string {
  const hasText = ({ text }: LineRow) => text.trim() !== ''
  const row = rows.findLast((one) => one.stream === 'stderr' && hasText(one)) ?? rows.findLast(hasText)
  return row ? withoutAnsi(row.text).trim().slice(0, 200) : ''
}
