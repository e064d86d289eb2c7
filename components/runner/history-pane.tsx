'use client'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { type MouseEvent, useEffect, useRef } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { Age } from '@/components/ui/age'
import { Button } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { ErrorState } from '@/components/ui/error-state'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { formatDuration } from '@/components/ui/quantity'
import { moveOverRows } from '@/components/ui/row-link'
import { SkeletonRows } from '@/components/ui/skeleton'
import { StateChip } from '@/components/ui/state-chip'
import { executionDisplay, isRequestedEnd } from '@/components/ui/state-display'
import { UnverifiedMark } from '@/components/ui/unverified'
import { visibleText } from '@/lib/display/visible-text'
import type { RunSummary } from '@/lib/process-api/extensions'
import { keptPlainRuns } from '@/lib/process-api/kept-plain-runs'
import { toCallFailure } from '@/lib/queries/call-failure'
import { capabilitiesQuery, runsQuery } from '@/lib/queries/reads'
import { runPath } from './use-run-location'

/** All runs of this sandbox, newest first; each row is a link to the run's own address. */
export function HistoryPane({
  sandboxId,
  runId,
  onSelect,
  onCompare,
}: {
  sandboxId: string
  runId: string | null
  onSelect: (runId: string) => void
  /** Shift+click on a run compares it with the one in the address. */
  onCompare: (runId: string) => void
}) {
  const target = useTarget()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    runsQuery(target, sandboxId),
  )
  const { data: capabilities } = useQuery({ ...capabilitiesQuery(target, sandboxId), enabled: false })
  const runs = data?.pages.flatMap((page) => page.runs)
  return (
    <Pane label="Runs">
      <PaneHeader
        title="Runs"
        actions={runs && runs.length > 0 && <span className="pr-1.5 text-label text-ink-3">newest first</span>}
      />
      <PaneBody>
        {!runs && !error && <SkeletonRows rows={4} label="Loading the runs" />}
        {!runs && error && <ErrorState compact failure={toCallFailure(error)} onRetry={() => refetch()} />}
        {runs?.length === 0 && (
          <p className="px-3 py-3 text-body text-ink-3">Runs appear here and stay after a reload.</p>
        )}
        {runs && runs.length > 0 && (
          <ul className="@container" onKeyDown={moveOverRows}>
            {runs.map((run) => (
              <Row
                key={run.id}
                run={run}
                href={runPath(target, sandboxId, run.id)}
                current={run.id === runId}
                onSelect={() => onSelect(run.id)}
                onCompare={runId === null || run.id === runId ? null : () => onCompare(run.id)}
              />
            ))}
          </ul>
        )}
        {runs && runs.length > 0 && !hasNextPage && capabilities !== undefined && (
          <p className="px-3 py-2 text-label text-ink-3">
            Only the newest {(capabilities?.limits.keptRuns ?? keptPlainRuns).toLocaleString('en-US')} finished runs are
            kept.
          </p>
        )}
        {hasNextPage && (
          <div className="p-2">
            <Button variant="ghost" busy={isFetchingNextPage} onClick={() => fetchNextPage()}>
              Show older runs
            </Button>
          </div>
        )}
      </PaneBody>
    </Pane>
  )
}

function Row({
  run,
  href,
  current,
  onSelect,
  onCompare,
}: {
  run: RunSummary
  href: string
  current: boolean
  onSelect: () => void
  onCompare: (() => void) | null
}) {
  const row = useRef<HTMLAnchorElement>(null)
  // A run that was just started may be above the visible part of the list.
  useEffect(() => {
    if (current) row.current?.scrollIntoView({ block: 'nearest' })
  }, [current])
  const onClick = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey || (event.shiftKey && !onCompare)) return
    event.preventDefault()
    if (event.shiftKey) onCompare?.()
    else onSelect()
  }
  return (
    <li>
      <a
        ref={row}
        href={href}
        aria-current={current ? 'true' : undefined}
        data-row=""
        data-pane-focus={current ? '' : undefined}
        onClick={onClick}
        className={classNames(
          'focus-inset relative grid h-8 grid-cols-[auto_minmax(0,1fr)_auto_auto] items-center gap-3 border-b border-line px-3 transition-colors pointer-coarse:h-11',
          current
            ? 'bg-hover before:absolute before:inset-y-0 before:left-0 before:w-0.5 before:bg-accent'
            : 'hover:bg-hover',
        )}
      >
        <span className="w-24">
          <StateChip display={executionDisplay(run, run.timeoutSeconds)}>{shortWord(run)}</StateChip>
        </span>
        <span className="flex min-w-0 items-center gap-2">
          <span className="truncate font-mono text-label" title={visibleText(run.title)}>
            <OutsideText text={run.title || '(empty)'} />
          </span>
          {run.origin === 'api' && (
            <span
              className="shrink-0 rounded-chip border border-line px-1 font-mono text-meta text-ink-3"
              title="Started by an API or SDK call"
            >
              api
            </span>
          )}
          <UnverifiedMark verified={run.verified} unverifiedReason={run.unverifiedReason} />
        </span>
        <span className="text-label text-ink-3 @max-md:hidden">
          <OutsideText text={(run.kind === 'command' ? 'shell' : run.language) ?? ''} />
        </span>
        <span className="text-right text-label whitespace-nowrap text-ink-3 @md:w-32">
          {run.durationMs !== null ? (
            formatDuration(run.durationMs)
          ) : run.state === 'running' && run.startedAt ? (
            <Age since={run.startedAt} />
          ) : (
            '–'
          )}
          {run.queuedAt && (
            <span className="@max-sm:hidden">
              {' · '}
              <LocalTime iso={run.queuedAt} />
            </span>
          )}
        </span>
      </a>
    </li>
  )
}

/** A shorter word where the chip's own one does not fit into the column. */
function shortWord({ state, reason, waitingForInput }: RunSummary): string | undefined {
  if (state === 'running' && waitingForInput) return 'waiting'
  if (state === 'killed') return isRequestedEnd(reason) ? undefined : 'killed'
  if (state === 'timed-out') return 'timeout'
  return reason === 'spawn-failed' ? 'failed' : undefined
}
