'use client'
import { type KeyboardEvent, type PointerEvent, useRef } from 'react'
import { classNames } from '@/components/ui/class-names'
import { visibleText } from '@/lib/display/visible-text'
import type { ReplayMark } from '@/lib/replay/replay-event'
import { formatPosition, spokenPosition } from './replay-time'

const stepMs = 5_000
const pageMs = 30_000

/** The whole recording as a bar, with the position on it and marks. Pointer, touch and keys move the position. */
export function SeekBar({
  positionMs,
  durationMs,
  marks,
  onSeek,
}: {
  positionMs: number
  durationMs: number
  marks: readonly ReplayMark[]
  onSeek: (ms: number) => void
}) {
  const bar = useRef<HTMLDivElement>(null)
  const seekTo = ({ clientX }: PointerEvent) => {
    const box = bar.current?.getBoundingClientRect()
    if (box && box.width > 0) onSeek(Math.min(1, Math.max(0, (clientX - box.left) / box.width)) * durationMs)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const ms = positionAfter(event.key, positionMs, durationMs)
    if (ms === null || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    onSeek(Math.min(durationMs, Math.max(0, ms)))
  }
  return (
    <div
      ref={bar}
      role="slider"
      tabIndex={0}
      aria-label="Position"
      aria-valuemin={0}
      aria-valuemax={Math.round(durationMs)}
      aria-valuenow={Math.round(positionMs)}
      aria-valuetext={`${spokenPosition(positionMs)} of ${spokenPosition(durationMs)}`}
      className="relative mx-1.5 h-6 min-w-24 flex-1 cursor-pointer touch-none rounded-control max-sm:order-first max-sm:basis-[calc(100%-0.75rem)] pointer-coarse:h-11"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        seekTo(event)
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seekTo(event)
      }}
    >
      <div className="absolute inset-x-0 top-1/2 h-1 -translate-y-1/2 rounded-full bg-line">
        <div className="h-full rounded-full bg-accent" style={{ width: percent(positionMs, durationMs) }} />
      </div>
      {marks.map((mark, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: marks have no other identity
          key={index}
          data-mark={mark.kind}
          title={`${formatPosition(mark.fromMs)} ${visibleText(mark.label)}`}
          className={classNames('absolute min-w-0.5', markDisplay[mark.kind])}
          style={{ left: percent(mark.fromMs, durationMs), width: percent(mark.toMs - mark.fromMs, durationMs) }}
        />
      ))}
      <span
        className="pointer-events-none absolute top-1/2 size-3 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-surface bg-accent"
        style={{ left: percent(positionMs, durationMs) }}
      />
    </div>
  )
}

/** Each kind has its own height, so that marks differ without their colour. */
const markDisplay: Record<ReplayMark['kind'], string> = {
  stderr: 'bottom-0 h-1 bg-fail',
  marker: 'top-0 h-full bg-peer',
  match: 'top-0 h-1.5 bg-time',
}

function percent(ms: number, durationMs: number): string {
  return durationMs > 0 ? `${Math.min(100, (ms / durationMs) * 100)}%` : '0%'
}

function positionAfter(key: string, positionMs: number, durationMs: number): number | null {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return positionMs - stepMs
    case 'ArrowRight':
    case 'ArrowUp':
      return positionMs + stepMs
    case 'PageDown':
      return positionMs - pageMs
    case 'PageUp':
      return positionMs + pageMs
    case 'Home':
      return 0
    case 'End':
      return durationMs
    default:
      return null
  }
}
