'use client'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ArrowLeftRight, X } from 'lucide-react'
import dynamic from 'next/dynamic'
import { type ReactNode, useState } from 'react'
import { hasCutText } from '@/components/execution/run-request'
import { useTarget } from '@/components/target/target-provider'
import { IconButton } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { Select } from '@/components/ui/field'
import { Pane, PaneHeader } from '@/components/ui/pane'
import { Segmented } from '@/components/ui/segmented'
import { executionDisplay } from '@/components/ui/state-display'
import { visibleText } from '@/lib/display/visible-text'
import type { RunDetail, RunSummary } from '@/lib/process-api/extensions'
import { maxShownRunText } from '@/lib/process-api/text-head'
import { toCallFailure } from '@/lib/queries/call-failure'
import { runQuery, runsQuery } from '@/lib/queries/reads'
import { maxOutputText, runOutputQuery } from '@/lib/queries/run-output'

const DiffView = dynamic(() => import('@/components/editor/diff-view'), {
  ssr: false,
  loading: () => <div className="h-full bg-term" />,
})

/** Compares a run with another one of the sandbox: their code, and what they printed. */
export function RunDiff({
  sandboxId,
  runId,
  otherId,
  onOther,
  onClose,
}: {
  sandboxId: string
  runId: string
  /** The run on the left. */
  otherId: string
  onOther: (runId: string) => void
  onClose: () => void
}) {
  const target = useTarget()
  const [part, setPart] = useState<'code' | 'output'>('code')
  const { data } = useInfiniteQuery(runsQuery(target, sandboxId))
  const runs = data?.pages.flatMap((page) => page.runs) ?? []
  const mine = useQuery(runQuery(target, sandboxId, runId))
  const other = useQuery(runQuery(target, sandboxId, otherId))
  const error = mine.error ?? other.error
  return (
    <Pane label="Comparison of two runs">
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
          ]}
        />
        <Select
          small
          aria-label="Compare with"
          className="max-w-full flex-1"
          value={otherId}
          onChange={(event) => onOther(event.target.value)}
        >
          {runs.every((run) => run.id !== otherId) && <option value={otherId}>another run</option>}
          {runs
            .filter((run) => run.id !== runId)
            .map((run) => (
              <option key={run.id} value={run.id}>
                {nameOf(run)}
              </option>
            ))}
        </Select>
        <ArrowLeftRight aria-hidden="true" size={14} strokeWidth={1.5} className="text-ink-3 max-sm:hidden" />
        <span className="min-w-0 flex-1 truncate text-label text-ink-2">{mine.data && nameOf(mine.data)}</span>
      </div>
      <div className="min-h-0 flex-1">
        {error && <ErrorState failure={toCallFailure(error)} onRetry={() => void other.refetch()} />}
        {mine.data &&
          other.data &&
          (part === 'code' ? (
            <CodeDiff before={other.data} after={mine.data} />
          ) : (
            <OutputDiff sandboxId={sandboxId} before={other.data} after={mine.data} />
          ))}
      </div>
    </Pane>
  )
}

function CodeDiff({ before, after }: { before: RunDetail; after: RunDetail }) {
  const cut = hasCutText(before) || hasCutText(after)
  return (
    <div className="flex h-full min-h-0 flex-col">
      {cut && (
        <CutNote>Only the first {maxShownRunText.toLocaleString('en')} characters of each code are compared.</CutNote>
      )}
      <div className="min-h-0 flex-1">
        <DiffView
          before={{ label: nameOf(before), text: codeOf(before) }}
          after={{ label: nameOf(after), text: codeOf(after) }}
        />
      </div>
    </div>
  )
}

function CutNote({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-body text-ink-2">
      {children}
    </p>
  )
}

function OutputDiff({ sandboxId, before, after }: { sandboxId: string; before: RunDetail; after: RunDetail }) {
  const target = useTarget()
  const first = useQuery(runOutputQuery(target, sandboxId, before.id, before.state))
  const second = useQuery(runOutputQuery(target, sandboxId, after.id, after.state))
  const error = first.error ?? second.error
  if (error) return <ErrorState failure={toCallFailure(error)} onRetry={() => void first.refetch()} />
  if (!first.data || !second.data) return <div className="h-full bg-term" />
  const cut = !first.data.whole || !second.data.whole
  return (
    <div className="flex h-full min-h-0 flex-col">
      {cut && (
        <CutNote>
          Only the first {maxOutputText / 1024} KiB of each output are compared. Download both to compare all.
        </CutNote>
      )}
      <div className="min-h-0 flex-1">
        <DiffView
          before={{ label: nameOf(before), text: visibleText(first.data.text, { lines: true }) }}
          after={{ label: nameOf(after), text: visibleText(second.data.text, { lines: true }) }}
        />
      </div>
    </div>
  )
}

function codeOf(run: RunDetail): string {
  return (run.kind === 'command' ? run.command : run.code) ?? ''
}

function nameOf(run: RunSummary): string {
  const time = run.queuedAt === null ? null : new Date(run.queuedAt).toTimeString().slice(0, 8)
  const title = run.title.length > 40 ? `${run.title.slice(0, 40)}…` : run.title
  return visibleText([time, executionDisplay(run, run.timeoutSeconds).word, title].filter(Boolean).join(' · '))
}
