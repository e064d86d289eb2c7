'use client'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { OutsideText } from '@/components/ui/outside-text'
import { formatDuration } from '@/components/ui/quantity'
import { executionDisplay } from '@/components/ui/state-display'
import { type Execution, hasEnded } from '@/lib/process-api/execution'

const everyMs = 5000

/** Tells a screen reader what happened, and how much was printed, at most every five seconds; never the log itself. */
export function LogAnnouncer({ execution, lines }: { execution: Execution | null; lines: number }) {
  const [said, setSaid] = useState('')
  const told = useRef(lines)
  const running = execution?.state === 'running'
  const news = useEffectEvent(() => {
    const fresh = lines - told.current
    told.current = lines
    if (fresh > 0) setSaid(`${fresh} new ${fresh === 1 ? 'line' : 'lines'}`)
  })

  const verdict = execution ? verdictOf(execution) : null
  useEffect(() => {
    if (verdict) setSaid(verdict)
  }, [verdict])

  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => news(), everyMs)
    return () => clearInterval(timer)
  }, [running])

  return (
    <p role="status" className="sr-only">
      <OutsideText text={said} />
    </p>
  )
}

function verdictOf(execution: Execution): string {
  const { word } = executionDisplay(execution)
  if (!hasEnded(execution.state) || execution.durationMs === null) return word
  return `${word} after ${formatDuration(execution.durationMs)}`
}
