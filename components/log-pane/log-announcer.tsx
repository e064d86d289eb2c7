'use client'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { OutsideText } from '@/components/ui/outside-text'
import { formatDuration } from '@/components/ui/quantity'
import { executionDisplay } from '@/components/ui/state-display'
import { counted } from '@/lib/display/counted'
import type { Execution } from '@/lib/process-api/execution'
import { hasEnded } from '@/lib/process-api/has-ended'

const announceIntervalMs = 5000

/** Announces to screen readers how the execution ended and how many lines were printed, but not the log itself. */
export function LogAnnouncer({ execution, lines }: { execution: Execution | null; lines: number }) {
  const [message, setMessage] = useState('')
  const announcedLines = useRef(lines)
  const running = execution?.state === 'running'
  const announceLines = useEffectEvent(() => {
    const added = lines - announcedLines.current
    announcedLines.current = lines
    if (added > 0) setMessage(counted(added, 'new line'))
  })

  const verdict = execution ? verdictOf(execution) : null
  useEffect(() => {
    if (verdict) setMessage(verdict)
  }, [verdict])

  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => announceLines(), announceIntervalMs)
    return () => clearInterval(timer)
  }, [running])

  return (
    <p role="status" className="sr-only">
      <OutsideText text={message} />
    </p>
  )
}

function verdictOf(execution: Execution): string {
  const { word } = executionDisplay(execution)
  if (!hasEnded(execution.state) || execution.durationMs === null) return word
  return `${word} after ${formatDuration(execution.durationMs)}`
}
