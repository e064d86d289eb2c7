'use client'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Select, TextInput } from '@/components/ui/field'
import { counted } from '@/lib/display/counted'
import { type LogLevel, logLevels } from '@/lib/process-api/log-levels'
import { parseLocation } from './go-to-line'

const contexts = [0, 1, 2, 5, 10, 20]

export interface LineFilterState {
  level: LogLevel | null
  since: number | null
  until: number | null
  context: number
}

export const noLineFilter: LineFilterState = { level: null, since: null, until: null, context: 0 }

/** Which lines of the log are shown: by level and time, with how much context. */
export function LineFilterBar({
  filter,
  startMs,
  downloadUrl,
  onChange,
}: {
  filter: LineFilterState
  /** When the log starts, ms since epoch; null where unknown. */
  startMs: number | null
  downloadUrl: string
  onChange: (filter: LineFilterState) => void
}) {
  return (
    <div className="flex basis-full flex-wrap items-center gap-x-3 gap-y-1 pt-1 text-label text-ink-2 max-sm:order-3">
      <span className="flex items-center gap-1.5">
        Level
        <Select
          small
          aria-label="Level"
          value={filter.level ?? ''}
          onChange={(event) => onChange({ ...filter, level: (event.target.value || null) as LogLevel | null })}
        >
          <option value="">any</option>
          {logLevels.map((level) => (
            <option key={level}>{level}</option>
          ))}
        </Select>
      </span>
      <TimeField label="From" startMs={startMs} onTime={(since) => onChange({ ...filter, since })} />
      <TimeField label="Until" startMs={startMs} onTime={(until) => onChange({ ...filter, until })} />
      <span className="flex items-center gap-1.5">
        Context
        <Select
          small
          aria-label="Context"
          value={filter.context}
          onChange={(event) => onChange({ ...filter, context: Number(event.target.value) })}
        >
          {contexts.map((lines) => (
            <option key={lines} value={lines}>
              {counted(lines, 'line')}
            </option>
          ))}
        </Select>
      </span>
      <Button size="sm" asChild>
        <a href={downloadUrl} download>
          <Download aria-hidden="true" size={14} strokeWidth={1.5} />
          Download these lines
        </a>
      </Button>
    </div>
  )
}

function TimeField({
  label,
  startMs,
  onTime,
}: {
  label: string
  startMs: number | null
  onTime: (time: number | null) => void
}) {
  const [text, setText] = useState('')
  const location = text.trim() === '' ? null : parseLocation(text, startMs)
  const isValid = location === null || (typeof location === 'object' && 'time' in location)
  return (
    <span className="flex items-center gap-1.5">
      {label}
      <TextInput
        small
        mono
        aria-label={label}
        placeholder="14:02:11"
        className="w-28"
        aria-invalid={isValid ? undefined : true}
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          const next = event.target.value.trim() === '' ? null : parseLocation(event.target.value, startMs)
          onTime(next !== null && typeof next === 'object' && 'time' in next ? next.time : null)
        }}
      />
    </span>
  )
}
