'use client'
import { useEffect, useState } from 'react'
import { formatBytes } from '@/components/ui/quantity'
import { counted } from '@/lib/display/counted'
import type { Throughput } from './throughput'

const measureIntervalMs = 1_000

/** How many panes there are, what they receive, and what is not shown. */
export function WallFoot({
  panes,
  hidden,
  leftOut,
  throughput,
}: {
  panes: number
  /** Panes above the limit. */
  hidden: number
  /** Sandboxes that match a rule and are not watched. */
  leftOut: number
  throughput: Throughput
}) {
  const [rate, setRate] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setRate(throughput.take()), measureIntervalMs)
    return () => clearInterval(timer)
  }, [throughput])
  return (
    <p className="flex min-h-6 shrink-0 flex-wrap items-center gap-x-4 border-t border-line px-4 font-mono text-meta text-ink-3 tabular-nums">
      <span>{counted(panes, 'pane')}</span>
      <span>{formatBytes(Math.round(rate))}/s</span>
      <span>panes that are not visible are paused</span>
      {hidden > 0 && <span>{counted(hidden, 'more pane')} not shown: a wall has at most 48</span>}
      {leftOut > 0 && (
        <span>{counted(leftOut, 'more sandbox', 'more sandboxes')} match a rule and are not watched</span>
      )}
    </p>
  )
}
