'use client'
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { IconButton } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { Select } from '@/components/ui/field'
import { Pane, PaneHeader } from '@/components/ui/pane'
import { Segmented } from '@/components/ui/segmented'
import { visibleText } from '@/lib/display/visible-text'
import { type HistoryDetail, type HistoryEntry, maxStoredOutput } from '@/lib/process-api/history'
import { toCallFailure } from '@/lib/queries/call-failure'
import { historyEntryQuery } from '@/lib/queries/history'
import { entryLabel } from './history-display'

const DiffView = dynamic(() => import('@/components/editor/diff-view'), {
  ssr: false,
  loading: () => <div className="h-full bg-term" />,
})

type Part = 'code' | 'output' | 'environment'

/** Compares two entries: what they ran, the end of what they printed, and the names of their environment. */
export function HistoryDiff({
  entryId,
  otherId,
  entries,
  onOther,
  onClose,
}: {
  entryId: number
  /** The entry on the left. */
  otherId: number
  /** Entries to choose from. */
  entries: readonly HistoryEntry[]
  onOther: (entryId: number) => void
  onClose: () => void
}) {
  const target = useTarget()
  const [part, setPart] = useState<Part>('code')
  const mine = useQuery(historyEntryQuery(target, entryId))
  const other = useQuery(historyEntryQuery(target, otherId))
  const error = mine.error ?? other.error
  return (
    <Pane label="Comparison of two entries">
      <PaneHeader
        title="Compare"
        actions={<IconButton size="sm" label="Close the comparison" icon={<X strokeWidth={1.5} />} onClick={onClose} />}
      />
      <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-1">
        <Segmented
          label="Part to compare"
          value={part}
          onChange={setPart}
          options={[
            { value: 'code', label: 'Code' },
            { value: 'output', label: 'Output' },
            { value: 'environment', label: 'Environment' },
          ]}
        />
        <Select
          small
          aria-label="Compare with"
          className="min-w-40 flex-1"
          value={otherId}
          onChange={(event) => onOther(Number(event.target.value))}
        >
          {entries.every((entry) => entry.id !== otherId) && (
            <option value={otherId}>{other.data ? entryLabel(other.data) : 'another entry'}</option>
          )}
          {entries
            .filter((entry) => entry.id !== entryId)
            .map((entry) => (
              <option key={entry.id} value={entry.id}>
                {entryLabel(entry)}
              </option>
            ))}
        </Select>
      </div>
      {part !== 'code' && (
        <p className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-body text-ink-2">
          {part === 'output'
            ? `The history stores the last ${maxStoredOutput.toLocaleString('en-US')} characters of each output.`
            : 'The history stores the names of environment variables, never their values.'}
        </p>
      )}
      <div className="min-h-0 flex-1">
        {error && <ErrorState failure={toCallFailure(error)} onRetry={() => void other.refetch()} />}
        {mine.data && other.data && (
          <DiffView
            before={{ label: entryLabel(other.data), text: textOf(other.data, part) }}
            after={{ label: entryLabel(mine.data), text: textOf(mine.data, part) }}
          />
        )}
      </div>
    </Pane>
  )
}

function textOf(entry: HistoryDetail, part: Part): string {
  if (part === 'code') return entry.text
  if (part === 'output') return visibleText(entry.outputEnd ?? '', { lines: true })
  return entry.envNames.join('\n')
}
