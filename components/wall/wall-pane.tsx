'use client'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { endSentence } from '@/components/execution/end-sentence'
import { sandboxAddress } from '@/components/target/addresses'
import { sessionPath } from '@/components/target/session-location'
import { terminalPath } from '@/components/target/terminal-location'
import { OutsideText } from '@/components/ui/outside-text'
import { formatDuration } from '@/components/ui/quantity'
import { executionDisplay, type StateDisplay } from '@/components/ui/state-display'
import type { PtyExit } from '@/lib/live/client/pty-channel'
import type { JournalRef } from '@/lib/live/protocol'
import type { Execution } from '@/lib/process-api/execution'
import { hasEnded } from '@/lib/process-api/has-ended'
import type { SessionDetail } from '@/lib/process-api/process'
import { toCallFailure } from '@/lib/queries/call-failure'
import { ptysQuery, runQuery, sessionQuery } from '@/lib/queries/reads'
import { type PaneEnd, PaneFrame, type PaneFrameProps } from './pane-frame'
import { TailBody, type TailEnd } from './tail-body'
import { TerminalBody } from './terminal-body'
import { plainIntervalMs } from './use-rule-members'
import type { PaneRef } from './wall-state'

type Frame = Pick<PaneFrameProps, 'sandbox' | 'joined' | 'tabIndex' | 'onRemove'>

export interface WallPaneProps extends Frame {
  target: string
  pane: PaneRef
  /** The target reports no changes, so that states are read again now and then. */
  plain: boolean
  onReceived: (bytes: number) => void
}

/** One pane of the wall, for whatever it shows. */
export function WallPane(props: WallPaneProps) {
  const { pane } = props
  switch (pane.kind) {
    case 'session':
    case 'command':
      return <CommandPane {...props} pane={pane} />
    case 'run':
      return <RunPane {...props} pane={pane} />
    case 'terminal':
      return <TerminalPane {...props} pane={pane} />
    default:
      return pane satisfies never
  }
}

/** The address of the page that shows all of a pane. */
export function paneAddress(target: string, pane: PaneRef): string {
  const { sandboxId } = pane
  if (pane.kind === 'run') return sandboxAddress(target, sandboxId, 'run', pane.runId)
  if (pane.kind === 'terminal') return terminalPath(target, sandboxId, [pane.ptyId])
  const commandId = pane.kind === 'command' ? pane.commandId : null
  return sessionPath(target, sandboxId, { sessionId: pane.sessionId, commandId })
}

/** One command, or the command that a session runs now or ran last. */
function CommandPane({ pane, ...props }: WallPaneProps & { pane: Extract<PaneRef, { kind: 'session' | 'command' }> }) {
  const { target, plain } = props
  const { sandboxId, sessionId } = pane
  const query = useQuery({
    ...sessionQuery(target, sandboxId, sessionId),
    refetchInterval: plain ? plainIntervalMs : false,
  })
  const command = query.data && shownCommand(query.data, pane.kind === 'command' ? pane.commandId : null)
  if (!query.data || !command) {
    const gone = pane.kind === 'command' ? 'This command does not exist any more.' : 'No command has run yet.'
    return (
      <EmptyPane
        frame={props}
        pane={pane}
        title={sessionId}
        target={target}
        text={query.error ? toCallFailure(query.error).message : query.data ? gone : 'Loading'}
      />
    )
  }
  return (
    <JournalPane
      key={command.id}
      {...props}
      pane={pane}
      title={sessionId}
      detail={command.command}
      journal={{ kind: 'command', sandboxId, sessionId, commandId: command.id }}
      execution={{ ...command, exitCode: command.exitCode ?? null }}
      timeoutSeconds={null}
    />
  )
}

/** The newest command that has started; a queued one only if none has. */
function shownCommand({ commands }: SessionDetail, commandId: string | null) {
  if (commandId !== null) return commands.find(({ id }) => id === commandId)
  return commands.findLast(({ state }) => state !== 'queued') ?? commands.at(-1)
}

function RunPane({ pane, ...props }: WallPaneProps & { pane: Extract<PaneRef, { kind: 'run' }> }) {
  const { target, plain } = props
  const { sandboxId, runId } = pane
  const query = useQuery({
    ...runQuery(target, sandboxId, runId),
    refetchInterval: ({ state }) => plain && !(state.data && hasEnded(state.data.state)) && plainIntervalMs,
  })
  const run = query.data
  if (!run) {
    const text = query.error ? toCallFailure(query.error).message : 'Loading'
    return <EmptyPane frame={props} pane={pane} title="run" target={target} text={text} />
  }
  return (
    <JournalPane
      {...props}
      pane={pane}
      title={run.language ?? 'run'}
      detail={run.title}
      journal={{ kind: 'run', sandboxId, runId }}
      execution={run}
      timeoutSeconds={run.timeoutSeconds}
    />
  )
}

function JournalPane({
  target,
  pane,
  title,
  detail,
  journal,
  execution,
  timeoutSeconds,
  onReceived,
  ...frame
}: WallPaneProps & {
  title: string
  detail: string
  journal: JournalRef
  execution: Execution
  timeoutSeconds: number | null
}) {
  const [tailEnd, setTailEnd] = useState<TailEnd | null>(null)
  // The cache and the stream report the end in any order.
  const current = hasEnded(execution.state) ? execution : (tailEnd?.execution ?? execution)
  const display = executionDisplay(current, timeoutSeconds)
  return (
    <PaneFrame
      {...frame}
      title={title}
      detail={detail}
      href={paneAddress(target, pane)}
      display={display}
      end={endOf(current, display, timeoutSeconds, tailEnd)}
    >
      <TailBody
        target={target}
        journal={journal}
        size={execution.output.bytes}
        label={`Output of ${detail.slice(0, 200)}`}
        onEnd={setTailEnd}
        onReceived={onReceived}
      />
    </PaneFrame>
  )
}

/** The reason that is known for certain; else the last line as it was printed, without a conclusion. */
function endOf(
  execution: Execution,
  display: StateDisplay,
  timeoutSeconds: number | null,
  tailEnd: TailEnd | null,
): PaneEnd | null {
  if (!hasEnded(execution.state)) return null
  const duration = execution.durationMs === null ? null : `after ${formatDuration(execution.durationMs)}`
  const lastLine = execution.state === 'succeeded' ? '' : (tailEnd?.lastLine ?? '')
  const why = endSentence({ ...execution, timeoutSeconds }) ?? (lastLine === '' ? null : `Last line: ${lastLine}`)
  return { display, duration, why }
}

const running: StateDisplay = { glyph: 'running', tone: 'run', word: 'running' }

function TerminalPane({ pane, ...props }: WallPaneProps & { pane: Extract<PaneRef, { kind: 'terminal' }> }) {
  const { target, plain, onReceived, ...frame } = props
  const { sandboxId, ptyId } = pane
  const [exit, setExit] = useState<PtyExit | null>(null)
  const { data, error } = useQuery(ptysQuery(target, sandboxId, !plain))
  const exists = data?.some(({ id }) => id === ptyId)
  if (exit === null && exists !== true) {
    const gone = error ? toCallFailure(error).message : data ? 'This terminal has ended.' : 'Loading'
    return <EmptyPane frame={props} pane={pane} title={ptyId} target={target} text={gone} />
  }
  const display = exit === null ? running : exitDisplay(exit)
  return (
    <PaneFrame
      {...frame}
      title={ptyId}
      detail={null}
      href={paneAddress(target, pane)}
      display={display}
      end={exit && { display, duration: null, why: exit.message }}
    >
      <TerminalBody target={target} sandboxId={sandboxId} ptyId={ptyId} onExit={setExit} onReceived={onReceived} />
    </PaneFrame>
  )
}

function exitDisplay({ exitCode }: PtyExit): StateDisplay {
  if (exitCode === null) return { glyph: 'unknown', tone: 'off', word: 'ended' }
  return exitCode === 0
    ? { glyph: 'succeeded', tone: 'ok', word: 'exit 0' }
    : { glyph: 'failed', tone: 'fail', word: `exit ${exitCode}` }
}

function EmptyPane({
  frame: { sandbox, joined, tabIndex, onRemove },
  target,
  pane,
  title,
  text,
}: {
  frame: Frame
  target: string
  pane: PaneRef
  title: string
  text: string
}): ReactNode {
  return (
    <PaneFrame
      sandbox={sandbox}
      joined={joined}
      tabIndex={tabIndex}
      onRemove={onRemove}
      title={title}
      detail={null}
      href={paneAddress(target, pane)}
      display={null}
      end={null}
    >
      <p className="min-h-0 flex-1 bg-term px-3 py-2 text-body text-ink-3">
        <OutsideText text={text} />
      </p>
    </PaneFrame>
  )
}
