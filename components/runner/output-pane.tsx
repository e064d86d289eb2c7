'use client'
import { useQuery } from '@tanstack/react-query'
import { GitCompare, Pencil, RotateCw, Square, Trash2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import { type ReactNode, useMemo, useState } from 'react'
import { InputLine } from '@/components/execution/input-line'
import { Survivors } from '@/components/execution/survivors'
import { WhyEnded } from '@/components/execution/why-ended'
import { useHotkey } from '@/components/keys/hotkeys'
import { useTarget } from '@/components/target/target-provider'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Button, IconButton } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { ErrorState } from '@/components/ui/error-state'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { formatDuration } from '@/components/ui/quantity'
import { UnverifiedNote } from '@/components/ui/unverified'
import { counted } from '@/lib/display/counted'
import { visibleText } from '@/lib/display/visible-text'
import type { RunDetail } from '@/lib/process-api/extensions'
import { hasEnded } from '@/lib/process-api/has-ended'
import { toCallFailure } from '@/lib/queries/call-failure'
import { runQuery } from '@/lib/queries/reads'
import { FailureNote } from './failure-note'
import { RunCharts, RunChartsTabs } from './run-charts'
import { useDeleteRun, useSendRunInput, useSignalRun, useStopRun } from './run-mutations'
import { failureIn, frameIn, type SourceFailure } from './source-frames'

const LogPane = dynamic(() => import('@/components/log-pane/log-pane').then((loaded) => loaded.LogPane), {
  ssr: false,
  loading: () => <div className="h-full bg-term" />,
})

export interface OutputActions {
  onRerun: (run: RunDetail) => void
  onEdit: (run: RunDetail) => void
  onStop: () => void
  onDeleted: () => void
  stopping: boolean
  /** Why nothing can be started now, or null. */
  disabled: string | null
  /** Compares the run with another one; null while there is no other. */
  onCompare: (() => void) | null
  /** Shows a line of the run's code in the editor. */
  onLine: (run: RunDetail, line: number) => void
  /** Where the run failed, or null when that is not known. */
  onFailure: (run: RunDetail, failure: SourceFailure | null) => void
}

/** The run in the address: its state, result and output, live while it runs. */
export function OutputPane({
  sandboxId,
  runId,
  actions,
}: {
  sandboxId: string
  runId: string
  actions: OutputActions
}) {
  const target = useTarget()
  const { data: run, error, refetch } = useQuery(runQuery(target, sandboxId, runId))
  const [failure, setFailure] = useState<{ runId: string; failure: SourceFailure } | null>(null)
  const code = run?.code ?? null
  const { onLine } = actions
  const sourceLinks = useMemo(() => {
    if (!run || code === null) return null
    const lineCount = code.split('\n').length
    return { find: (text: string) => frameIn(text, lineCount), open: (line: number) => onLine(run, line) }
  }, [run, code, onLine])
  const [outputEnd, setOutputEnd] = useState<{ runId: string; text: string } | null>(null)
  const readFailure = (text: string) => {
    setOutputEnd({ runId, text: text.slice(-maxEvidenceLength) })
    if (!run || code === null) return
    const found = run.state === 'failed' ? failureIn(text, code) : null
    setFailure(found && { runId, failure: found })
    actions.onFailure(run, found)
  }
  const [chartsOf, setChartsOf] = useState<string | null>(null)
  const charts = chartsOf === runId
  const setCharts = (shown: boolean) => setChartsOf(shown ? runId : null)
  if (!run && error) {
    const failure = toCallFailure(error)
    return (
      <Pane label="Output">
        <PaneHeader title="Output" />
        <PaneBody>
          <ErrorState
            failure={failure.status === 404 ? noSuchRun : failure}
            onRetry={() => refetch()}
            details={`run ${runId}`}
          />
        </PaneBody>
      </Pane>
    )
  }
  return (
    <Pane label="Output">
      {run && <RunChartsTabs sandboxId={sandboxId} run={run} shown={charts} onShow={setCharts} />}
      {run && charts ? (
        <RunCharts sandboxId={sandboxId} run={run} />
      ) : (
        <LogPane
          key={runId}
          target={target}
          journal={{ kind: 'run', sandboxId, runId }}
          execution={run ?? null}
          timeoutSeconds={run?.timeoutSeconds ?? null}
          title={run?.title ?? 'Output'}
          actions={run && <RunActions sandboxId={sandboxId} run={run} actions={actions} />}
          notes={
            run && (
              <>
                <Notes sandboxId={sandboxId} run={run} outputEnd={outputEnd?.runId === runId ? outputEnd.text : ''} />
                {failure?.runId === runId && (
                  <FailureNote failure={failure.failure} onLine={(line) => onLine(run, line)} />
                )}
              </>
            )
          }
          sourceLinks={sourceLinks}
          onOutput={readFailure}
          foot={
            run && (takesInput(run) ? <RunInput key={run.id} sandboxId={sandboxId} run={run} /> : <Facts run={run} />)
          }
        />
      )}
    </Pane>
  )
}

/** Only runs that were started with an open standard input take input. */
function takesInput(run: RunDetail): boolean {
  return run.state === 'running' && run.stdinOpen
}

function RunInput({ sandboxId, run }: { sandboxId: string; run: RunDetail }) {
  const input = useSendRunInput(sandboxId, run.id)
  const signal = useSignalRun(sandboxId, run.id)
  return (
    <InputLine
      sandboxId={sandboxId}
      what="run"
      open={run.stdinOpen}
      waiting={run.waitingForInput === true}
      onSend={input.mutateAsync}
      onInterrupt={() => signal.mutate('SIGINT')}
      error={input.error ?? signal.error}
    />
  )
}

const noSuchRun = {
  code: 'NOT_FOUND',
  message: 'This run does not exist.',
  hint: 'It may have been deleted, or removed to make room for newer runs.',
}

/** Placeholder before the first run. */
export function NoOutput({ hint }: { hint: ReactNode }) {
  return (
    <Pane label="Output">
      <PaneHeader title="Output" />
      <PaneBody className="bg-term">
        <div className="px-3 py-3 text-body text-ink-3">{hint}</div>
      </PaneBody>
    </Pane>
  )
}

function RunActions({ sandboxId, run, actions }: { sandboxId: string; run: RunDetail; actions: OutputActions }) {
  const deletion = useDeleteRun(sandboxId)
  const { runs: supportsRuns } = useCapabilities(sandboxId)
  const ended = hasEnded(run.state)
  useHotkey('run.edit', () => actions.onEdit(run))
  useHotkey('run.again', () => actions.onRerun(run), ended && actions.disabled === null)
  useHotkey('run.compare', () => actions.onCompare?.(), ended && actions.onCompare !== null)
  const edit = (
    <IconButton
      size="sm"
      label="Edit in the editor"
      hotkey="run.edit"
      icon={<Pencil strokeWidth={1.5} />}
      onClick={() => actions.onEdit(run)}
    />
  )
  if (!ended) {
    return (
      <>
        {edit}
        {supportsRuns && (
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
      </>
    )
  }
  return (
    <>
      <IconButton
        size="sm"
        label="Run again"
        hotkey="run.again"
        icon={<RotateCw strokeWidth={1.5} />}
        disabled={actions.disabled !== null}
        onClick={() => actions.onRerun(run)}
      />
      {edit}
      {actions.onCompare && (
        <IconButton
          size="sm"
          label="Compare with another run"
          hotkey="run.compare"
          icon={<GitCompare strokeWidth={1.5} />}
          onClick={actions.onCompare}
        />
      )}
      <ConfirmPopover
        title="Delete this run?"
        confirm="Delete run"
        trigger={<IconButton size="sm" label="Delete run" icon={<Trash2 strokeWidth={1.5} />} />}
        onConfirm={async () => {
          await deletion.mutateAsync(run.id)
          actions.onDeleted()
        }}
        error={deletion.error && toCallFailure(deletion.error).message}
      >
        The run and its output are permanently deleted.
      </ConfirmPopover>
    </>
  )
}

const note = 'shrink-0 border-b border-line bg-raised px-3 py-1.5 text-body text-ink-2'
/** Enough of the output to see which command a shell did not find. */
const maxEvidenceLength = 4_096

/** Why the run ended, and the processes that it left running. */
function Notes({ sandboxId, run, outputEnd }: { sandboxId: string; run: RunDetail; outputEnd: string }) {
  const stop = useStopRun(sandboxId)
  const { runs: supportsRuns } = useCapabilities(sandboxId)
  const isPending = !supportsRuns && !hasEnded(run.state)
  return (
    <>
      <UnverifiedNote verified={run.verified} unverifiedReason={run.unverifiedReason} />
      {isPending ? (
        <p className={note}>Output appears when the run ends. Only its timeout can stop it.</p>
      ) : (
        <WhyEnded
          execution={run}
          language={run.kind === 'command' ? 'shell' : run.language}
          stderrEnd={outputEnd}
          className={note}
        />
      )}
      {hasEnded(run.state) && <Survivors executionId={run.id} survivors={run.survivors} stop={stop} />}
    </>
  )
}

/** Duration and options of the run itself, which may differ from those in the editor. */
function Facts({ run }: { run: RunDetail }) {
  const facts = [
    run.durationMs !== null && `took ${formatDuration(run.durationMs)}`,
    run.kind === 'command' ? 'shell' : run.language,
    run.timeoutSeconds === null ? 'no timeout' : `timeout ${run.timeoutSeconds} s`,
    run.cwd !== '' && run.cwd,
    run.argv.length > 0 && counted(run.argv.length, 'argument'),
    Object.keys(run.envs).length > 0 && `${Object.keys(run.envs).length} env`,
    run.origin === 'api' && 'started by an API call',
    run.streams === 'merged' && 'streams merged',
  ].filter((fact) => typeof fact === 'string')
  const text = facts.join(' · ')
  return (
    <p className="min-w-0 flex-1 truncate font-mono text-meta text-ink-3" title={visibleText(text)}>
      <OutsideText text={text} />
    </p>
  )
}
