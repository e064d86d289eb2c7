'use client'
import { X } from 'lucide-react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { Button, IconButton } from '@/components/ui/button'
import { TextInput } from '@/components/ui/field'
import { CallFailure } from '@/lib/queries/call-failure'
import { parseLocation } from './go-to-line'
import type { LogView } from './log-view'

const number = new Intl.NumberFormat('en-US')

/** Go to a line, a percentage or a time of the log. `startMs` is when the first output arrived; null where unknown. */
export function LogGoTo({ log, startMs, onClose }: { log: LogView; startMs: number | null; onClose: () => void }) {
  const [text, setText] = useState('')
  const [status, setStatus] = useState<{ words: string; isProblem: boolean } | null>(null)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault()
    const location = parseLocation(text, startMs)
    if (typeof location === 'string') {
      setStatus({ words: location, isProblem: true })
      return
    }
    try {
      const found = await log.goTo(location)
      if (!found) return
      const of = `Line ${number.format(found.line)} of ${number.format(found.lines)}`
      const isLast = 'line' in location && location.line > found.lines
      setStatus({ words: isLast ? `${of}, the last one` : of, isProblem: false })
    } catch (error) {
      const words = error instanceof CallFailure ? error.message : 'The line could not be located.'
      setStatus({ words, isProblem: true })
    }
  }
  return (
    <form
      aria-label="Go to a line"
      className="flex min-h-8 shrink-0 flex-wrap items-center gap-1 border-b border-line bg-raised px-2 py-1"
      onSubmit={(event) => void onSubmit(event)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        event.stopPropagation()
        onClose()
      }}
    >
      <TextInput
        ref={field}
        small
        mono
        aria-label="Line, percentage or time"
        placeholder="Line, 50% or 14:02:11"
        className="max-w-60 min-w-32 flex-1"
        aria-invalid={status?.isProblem || undefined}
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setStatus(null)
        }}
      />
      <Button size="sm" type="submit">
        Go
      </Button>
      <span role="status" className="px-1 text-label text-ink-2 tabular-nums">
        {status?.words}
      </span>
      <IconButton
        size="sm"
        label="Close (Escape)"
        className="ml-auto"
        icon={<X strokeWidth={1.5} />}
        onClick={onClose}
      />
    </form>
  )
}
