'use client'
import { Select } from '@/components/ui/field'
import { setLogPreferences, useLogPreferences } from '../log-preferences'
import { timeModes } from './times'

/** What the time column of all logs counts from. */
export function TimeSelect() {
  const { timeMode } = useLogPreferences()
  return (
    <Select
      small
      aria-label="Times"
      value={timeMode}
      onChange={({ target: { value } }) =>
        setLogPreferences({ timeMode: timeModes.find((mode) => mode.value === value)?.value ?? 'clock' })
      }
    >
      {timeModes.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </Select>
  )
}
