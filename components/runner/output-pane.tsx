'use client'
import { useQuery } from '@tanstack/react-query'
import { Ellipsis, Link2, Pencil, RotateCw, Square, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { LogPane } from '@/components/log-pane/log-pane'
import { Button, IconButton } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { copyText } from '@/components/ui/copy-text'
import { ErrorState } from '@/components/ui/error-state'
import { Menu, MenuItem, MenuSeparator } from '@/components/ui/menu'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { formatDuration } from '@/components/ui/quantity'
import { StateChip } from '@/components/ui/state-chip'
import { executionLook } from '@/components/ui/state-look'
import { toCallFailure } from '@/lib/live/call-failure'
import { localTarget } from '@/lib/live/query-keys'
import { runQuery } from '@/lib/live/reads'
import { hasEnded } from '@/lib/process-api/execution'
import type { RunDetail } from '@/lib/process-api/extensions'
import { useDeleteRun } from './changes'
import { droppedSentence, endSentence } from './run-reason'
import { SurvivorsBar } from './survivors-bar'

export interface OutputActions {
  onRerun: (run: RunDetail) => void
  onEdit: (run: RunDetail) => void
  onStop: () => void
  onDeleted: () => void
  stopping: boolean
  /** Why nothing can be started now, or null. */
  disabled: string | null
}

/** The run at this address: its state, what came of it, and its output, live while it runs. */
export function OutputPane({
  sandboxId,
  runId,
  actions,
}: {
  sandboxId: string
  runId: string
  actions: OutputActions
}) {
  const { data: run, error, refetch } = useQuery(runQuery(localTarget, sandboxId, runId))
  if (!run && error) {
    const failure = toCallFailure(error)
    return (
      <Pane label="Output">
        <PaneHeader title="Output" />
        <PaneBody>
          <ErrorState
            failure={
              failure.status === 404
                ? {
                    ...failure,
                    message: 'This run does not exist.',
                    hint: 'It may have been deleted, or dropped as one of the oldest.',
                  }
                : failure
            }
            onRetry={() => refetch()}
            details={`run ${runId}`}
          />
        </PaneBody>
      </Pane>
    )
  }
  return (
    <Pane label="Output">
      <PaneHeader
        mono
        title={run?.title ?? 'Output'}
        chip={run && <StateChip look={executionLook(run, run.timeoutSeconds)} age />}
        actions={run && <RunActions sandboxId={sandboxId} run={run} actions={actions} />}
      />
      {run && <Notes run={run} />}
      {run && hasEnded(run.state) && <SurvivorsBar sandboxId={sandboxId} runId={run.id} survivors={run.survivors} />}
      <div className="min-h-0 flex-1">
        <LogPane key={runId} target={localTarget} journal={{ kind: 'run', sandboxId, runId }} execution={run ?? null} />
      </div>
      {run && <Facts run={run} />}
    </Pane>
  )
}

/** Before anything ran: what will be here. */
export function NoOutput({ hint }: { hint: ReactNode }) {
  return (
    <Pane label="Output">
      <PaneHeader title="Output" />
      <PaneBody className="bg-term">
        <p className="px-3 py-3 text-body text-ink-3">{hint}</p>
      </PaneBody>
    </Pane>
  )
}

function RunActions({ sandboxId, run, actions }: { sandboxId: string; run: RunDetail; actions: OutputActions }) {
  const [deleting, setDeleting] = useState(false)
  const remove = useDeleteRun(sandboxId)
  const ended = hasEnded(run.state)
  return (
    <>
      {ended ? (
        <Button
          size="sm"
          icon={<RotateCw strokeWidth={1.5} />}
          disabled={actions.disabled !== null}
          onClick={() => actions.onRerun(run)}
        >
          Run again
        </Button>
      ) : (
        <Button
          size="sm"
          variant="danger"
          hotkey="run.stop"
          icon={<Square strokeWidth={1.5} />}
          busy={actions.stopping}
          onClick={actions.onStop}
        >
          Stop
        </Button>
      )}
      <IconButton
        size="sm"
        label="Edit: put it into the editor"
        icon={<Pencil strokeWidth={1.5} />}
        onClick={() => actions.onEdit(run)}
      />
      <ConfirmPopover
        open={deleting}
        onOpenChange={setDeleting}
        title="Delete this run?"
        confirm="Delete the run"
        onConfirm={async () => {
          await remove.mutateAsync(run.id)
          actions.onDeleted()
        }}
        error={remove.error && toCallFailure(remove.error).message}
        anchor={
          <Menu label="More" trigger={<IconButton size="sm" label="More" icon={<Ellipsis strokeWidth={1.5} />} />}>
            <MenuItem icon={<Link2 strokeWidth={1.5} />} onSelect={() => void copyText(location.href)}>
              Copy link
            </MenuItem>
            <MenuSeparator />
            <MenuItem icon={<Trash2 strokeWidth={1.5} />} danger disabled={!ended} onSelect={() => setDeleting(true)}>
              Delete…
            </MenuItem>
          </Menu>
        }
      >
        Its output is removed and cannot be brought back.
      </ConfirmPopover>
    </>
  )
}

/** Sentences about the end that the chip cannot hold. */
function Notes({ run }: { run: RunDetail }) {
  const sentences = [endSentence(run), droppedSentence(run)].filter((sentence) => sentence !== null)
  if (sentences.length === 0) return null
  return (
    <div className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-body text-ink-2">
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  )
}

/** How it was started and how long it took: the values that were in force, not those of the editor. */
function Facts({ run }: { run: RunDetail }) {
  const facts = [
    run.durationMs !== null && `took ${formatDuration(run.durationMs)}`,
    run.kind === 'command' ? 'shell' : run.language,
    run.argv.length > 0 && `${run.argv.length} ${run.argv.length === 1 ? 'argument' : 'arguments'}`,
    run.cwd,
    Object.keys(run.envs).length > 0 && `${Object.keys(run.envs).length} env`,
    run.timeoutSeconds === null ? 'no limit' : `limit ${run.timeoutSeconds} s`,
    run.origin === 'api' && 'started by an API call',
    run.streams === 'merged' && 'stdout and stderr in one stream',
  ].filter((fact) => typeof fact === 'string')
  return (
    <p className="shrink-0 truncate border-t border-line bg-surface px-3 py-1 font-mono text-meta text-ink-3">
      {facts.join(' · ')}
    </p>
  )
}
