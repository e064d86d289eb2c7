'use client'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useSearchParams } from 'next/navigation'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { LineMark } from '@/components/editor/line-mark'
import { parseMode } from '@/components/execution/draft'
import { entryDraft } from '@/components/execution/history-request'
import { buildRequest, type DraftProblems, draftOf, hasCutText, requestOf } from '@/components/execution/run-request'
import { useHotkey } from '@/components/keys/hotkeys'
import { useNavigate } from '@/components/live/navigation-guard'
import { preloadLog } from '@/components/log-pane/preload'
import { sandboxLanguage } from '@/components/sandboxes/filter'
import { sessionPath } from '@/components/target/session-location'
import { useTarget } from '@/components/target/target-provider'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { Kbd } from '@/components/ui/kbd'
import { useInBrowser } from '@/components/ui/local-time'
import { showToast } from '@/components/ui/toast'
import type { RunDetail, StartRunRequest } from '@/lib/process-api/extensions'
import { hasEnded } from '@/lib/process-api/has-ended'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { toCallFailure } from '@/lib/queries/call-failure'
import { runQuery, runsQuery, sandboxQuery, wholeRunQuery } from '@/lib/queries/reads'
import { EditorPane } from './editor-pane'
import { HistoryPane } from './history-pane'
import { NoOutput, OutputPane } from './output-pane'
import { RunDiff } from './run-diff'
import { useRunInSession, useStartRun, useStopRun } from './run-mutations'
import { lineInEditor, type SourceFailure } from './source-frames'
import { useDraft } from './use-draft'
import { usePrefill } from './use-prefill'
import { useRunLocation } from './use-run-location'
import { WorkbenchPanes } from './workbench-panes'

/**
 * The Run page of a sandbox: editor, output of the run in the address, history. It stays mounted when the address
 * changes to another run. Drafts are in the browser, so the server renders only an empty frame.
 */
export function RunWorkbench({ sandboxId }: { sandboxId: string }) {
  const target = useTarget()
  const inBrowser = useInBrowser()
  const { data: sandbox } = useQuery(sandboxQuery(target, sandboxId))
  if (!inBrowser || !sandbox) return <div className="min-h-0 flex-1 bg-surface" />
  return <Workbench sandbox={sandbox} />
}

function Workbench({ sandbox }: { sandbox: SandboxDto }) {
  const target = useTarget()
  const sandboxId = sandbox.id
  const params = useSearchParams()
  const { runId, go, leave, otherId, compare } = useRunLocation(sandboxId)
  const open = useNavigate()
  const language = sandboxLanguage(sandbox)
  const state = useDraft(sandboxId, parseMode(language) ?? 'python', params.get('sample'))
  const [problems, setProblems] = useState<DraftProblems>({})
  const [phonePane, setPhonePane] = useState<'code' | 'output' | 'runs'>(runId === null ? 'code' : 'output')
  const start = useStartRun(sandboxId)
  const stop = useStopRun(sandboxId)
  const inSession = useRunInSession(sandboxId)
  const { data: pages } = useInfiniteQuery(runsQuery(target, sandboxId))
  const runs = pages?.pages.flatMap((page) => page.runs) ?? []
  const { runs: supportsRuns, input: supportsInput } = useCapabilities(sandboxId)
  const { data: run } = useQuery({ ...runQuery(target, sandboxId, runId ?? ''), enabled: runId !== null })
  const running = run !== undefined && !hasEnded(run.state)
  const disabled = sandbox.state === 'started' ? null : 'The sandbox is not running. Start it first.'

  useEffect(preloadLog, [])

  const { mode, draft } = state
  useEffect(() => {
    // The user is correcting the problems: hide them until the next attempt.
    if (draft || mode) setProblems({})
  }, [draft, mode])

  useEffect(() => {
    if (runId !== null) setPhonePane('output')
  }, [runId])

  const launch = (request: StartRunRequest) => {
    if (start.isPending || disabled) return
    const stdin = supportsRuns && supportsInput && draft.acceptsInput ? { stdin: 'open' as const } : {}
    start.mutate({ ...request, ...stdin }, { onSuccess: ({ runId: started }) => go(started) })
  }
  const runDraft = () => {
    const built = buildRequest(mode, draft)
    setProblems(built.ok ? {} : built.problems)
    if (built.ok) launch(built.request)
  }
  const runInSession = () => {
    const built = buildRequest(mode, draft)
    setProblems(built.ok ? {} : built.problems)
    if (!built.ok || inSession.isPending || disabled) return
    inSession.mutate(built.request, { onSuccess: (started) => open(sessionPath(target, sandboxId, started)) })
  }
  // The run before this one, or the one after it for the first.
  const position = runs.findIndex((one) => one.id === runId)
  const neighbour = runs[position + 1] ?? runs[position - 1]
  const stopRun = () => {
    if (runId !== null && running && !stop.isPending) stop.mutate(runId)
  }
  useHotkey('run.start', runDraft, disabled === null)
  useHotkey('run.stop', stopRun, running && supportsRuns)

  const select = (selected: string) => {
    if (selected !== runId) go(selected)
    setPhonePane('output')
  }
  const compareWith = (other: string) => {
    compare(other)
    setPhonePane('output')
  }
  const client = useQueryClient()
  /** Calls `use` with the run and all of its code, which is read if it is long. */
  const withWhole = (past: RunDetail, use: (whole: RunDetail) => void) => {
    if (!hasCutText(past)) {
      use(past)
      return
    }
    client.fetchQuery(wholeRunQuery(target, sandboxId, past.id)).then(use, (error: unknown) => {
      showToast(`The code of this run could not be read: ${toCallFailure(error).message}`)
    })
  }
  const rerun = (past: RunDetail) =>
    withWhole(past, (whole) => {
      const request = requestOf(whole)
      if (request) launch(request)
    })
  const edit = (past: RunDetail) =>
    withWhole(past, (whole) => {
      const { mode: pastMode, draft: pastDraft } = draftOf(whole)
      state.replace(pastMode, pastDraft)
      setPhonePane('code')
    })
  usePrefill((entry) => {
    const past = entryDraft(entry)
    state.replace(past.mode, past.draft)
    setPhonePane('code')
  })
  const editorText = useRef(draft.text)
  useEffect(() => {
    editorText.current = draft.text
  }, [draft.text])
  const [mark, setMark] = useState<LineMark | null>(null)
  const [shown, setShown] = useState<{ line: number } | null>(null)
  const showLine = useCallback((past: RunDetail, line: number) => {
    const found = lineInEditor(editorText.current, past.code ?? '', line)
    if (found === null) {
      showToast(`The editor no longer has line ${line} of this run. Choose “Edit in the editor” to see its code.`)
      return
    }
    setPhonePane('code')
    setShown({ line: found })
  }, [])
  const markFailure = (past: RunDetail, failure: SourceFailure | null) => {
    const found = failure && lineInEditor(editorText.current, past.code ?? '', failure.line)
    setMark(found === null ? null : { line: found, reason: failure?.message || 'The run failed here.' })
  }
  useEffect(() => {
    // Another run is shown, or another language: the mark belongs to neither.
    if (runId !== null || mode) setMark(null)
  }, [runId, mode])
  const error = start.error ?? stop.error ?? inSession.error

  return (
    <>
      {error && (
        <div className="shrink-0 border-b border-line p-2">
          <ErrorState
            compact
            failure={toCallFailure(error)}
            action={
              <Button
                onClick={() => {
                  start.reset()
                  stop.reset()
                  inSession.reset()
                }}
              >
                Close
              </Button>
            }
          />
        </div>
      )}
      <WorkbenchPanes
        phonePane={phonePane}
        onPhonePane={setPhonePane}
        code={
          <EditorPane
            sandboxId={sandboxId}
            sandboxLanguage={language}
            state={state}
            problems={problems}
            starting={start.isPending || inSession.isPending}
            disabled={disabled}
            mark={mark}
            shown={shown}
            onRun={runDraft}
            onRunInSession={supportsRuns ? null : runInSession}
          />
        }
        output={
          runId === null ? (
            <NoOutput
              hint={
                <>
                  Output appears here, live. Run with <Kbd hotkey="run.start" className="inline-flex align-middle" />
                </>
              }
            />
          ) : otherId !== null ? (
            <RunDiff
              sandboxId={sandboxId}
              runId={runId}
              otherId={otherId}
              onOther={compare}
              onClose={() => compare(null)}
            />
          ) : (
            <OutputPane
              sandboxId={sandboxId}
              runId={runId}
              actions={{
                onRerun: rerun,
                onEdit: edit,
                onStop: stopRun,
                onDeleted: leave,
                onCompare: neighbour ? () => compare(neighbour.id) : null,
                onLine: showLine,
                onFailure: markFailure,
                stopping: stop.isPending,
                disabled,
              }}
            />
          )
        }
        runs={<HistoryPane sandboxId={sandboxId} runId={runId} onSelect={select} onCompare={compareWith} />}
      />
    </>
  )
}
