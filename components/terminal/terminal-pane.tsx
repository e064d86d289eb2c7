'use client'
import '@xterm/xterm/css/xterm.css'
import './terminal.css'
import Link from 'next/link'
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from 'react'
import { useHotkey, useHotkeyActions } from '@/components/keys/hotkeys'
import { LinkDialog } from '@/components/log-pane/link-dialog'
import { ReconnectOverlay } from '@/components/log-pane/reconnect-overlay'
import type { StreamTrouble } from '@/components/log-pane/stream-display'
import { replayAddress } from '@/components/target/replay-address'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneHeader } from '@/components/ui/pane'
import { StateChip } from '@/components/ui/state-chip'
import type { StateDisplay } from '@/components/ui/state-display'
import type { Connection } from '@/lib/live/client/connection'
import type { PtyExit } from '@/lib/live/client/pty-channel'
import { useConnection, useLiveClient } from '@/lib/live/client/use-live'
import type { PtyDetail } from '@/lib/process-api/pty'
import { toCallFailure } from '@/lib/queries/call-failure'
import { targetPath } from '@/lib/queries/read'
import type { PtyViewState } from './pty-view'
import { TerminalContextMenu } from './terminal-context-menu'
import { TerminalFind } from './terminal-find'
import { TerminalFoot } from './terminal-foot'
import { useRecordTerminal } from './terminal-mutations'
import { Notice, TerminalNotices } from './terminal-notices'
import type { TerminalSignals } from './terminal-tabs'
import { TerminalToolbar } from './terminal-toolbar'
import { TouchKeys } from './touch-keys'
import { usePtyView, usePtyViewState } from './use-pty-view'

export interface TerminalPaneProps {
  sandboxId: string
  ptyId: string
  /** As the list has it; null when it is not in the list. */
  pty: PtyDetail | null
  isActive: boolean
  /** Focus the terminal as soon as it is open. */
  wantsFocus: boolean
  /** The user chose the size: it is not changed to that of the pane. */
  hasFixedSize: boolean
  onFocused: () => void
  canClose: boolean
  onClose: () => void
  onSplit: () => void
  /** Text to type when the terminal is opened for the first time. */
  takeFirstInput: () => string | null
  /** Create the terminal again. Resolves to what is typed then. */
  onRestart: () => Promise<string | null>
  onSignals: (ptyId: string, signals: TerminalSignals) => void
}

/** One terminal with its frame. */
export function TerminalPane(props: TerminalPaneProps) {
  const { sandboxId, ptyId, pty, isActive, wantsFocus, onFocused, onSignals } = props
  const host = useRef<HTMLDivElement>(null)
  const section = useRef<HTMLDivElement>(null)
  const [isFinding, setFinding] = useState(false)
  const [restartError, setRestartError] = useState<unknown>(null)
  const client = useLiveClient()
  const connection = useConnection()
  const actions = useHotkeyActions()
  const view = usePtyView(host, sandboxId, ptyId, props.hasFixedSize, props.takeFirstInput, (action) => {
    if (action === 'find') setFinding(true)
    else if (action === 'split') props.onSplit()
    else if (action === 'palette') actions.run('palette.open')
    else section.current?.closest<HTMLElement>('[data-pane]')?.focus()
  })
  const state = usePtyViewState(view)
  const record = useRecordTerminal(sandboxId, ptyId)
  const target = useTarget()
  const trouble = state && troubleOf(state, connection)

  useHotkey(
    'log.find',
    () => {
      setFinding(true)
      section.current?.querySelector<HTMLInputElement>('search input')?.select()
    },
    isActive,
  )
  useEffect(() => {
    if (!view || !wantsFocus) return
    view.focus()
  }, [view, wantsFocus])
  const focused = state?.focused ?? false
  const handleFocused = useEffectEvent(onFocused)
  useEffect(() => {
    if (focused) handleFocused()
  }, [focused])
  const { title = '', bell = false, progress = null, phase } = state ?? {}
  const ended = phase === 'exited'
  useEffect(() => onSignals(ptyId, { title, bell, progress, ended }), [onSignals, ptyId, title, bell, progress, ended])

  const restart = async () => {
    setRestartError(null)
    try {
      const firstInput = await props.onRestart()
      view?.restart(firstInput)
      view?.focus()
    } catch (error) {
      setRestartError(error)
    }
  }
  return (
    <Pane label={`Terminal ${ptyId}`} className="bg-term">
      <PaneHeader
        mono
        title={ptyId}
        chip={
          <>
            {state && <PaneChip state={state} />}
            {pty?.recording && <StateChip display={recordingDisplay} />}
            {title !== '' && title !== ptyId && (
              <span className="min-w-0 truncate text-label text-ink-3 max-sm:hidden">
                <OutsideText text={title} />
              </span>
            )}
          </>
        }
        actions={
          <TerminalToolbar
            {...props}
            view={view}
            record={record}
            ended={ended || phase === 'failed'}
            onFind={() => setFinding(true)}
            onRestart={() => void restart()}
          />
        }
      />
      {isFinding && view && state && (
        <TerminalFind
          view={view}
          matches={state.matches}
          onClose={() => {
            setFinding(false)
            view.focus()
          }}
        />
      )}
      {view && state && <TerminalNotices view={view} state={state} />}
      {record.error && (
        <div className="shrink-0 border-b border-line p-2">
          <ErrorState compact failure={toCallFailure(record.error)} />
        </div>
      )}
      {record.data && record.variables === 'stop' && (
        <Notice
          role="status"
          actions={
            <>
              <Button asChild size="sm">
                <Link
                  href={replayAddress(target, sandboxId, { kind: 'recording', recordingId: record.data.recordingId })}
                >
                  Replay
                </Link>
              </Button>
              <Button asChild size="sm">
                <a href={targetPath(target, 'sandboxes', sandboxId, 'recordings', record.data.recordingId)}>Download</a>
              </Button>
              <Button size="sm" variant="ghost" onClick={() => record.reset()}>
                Dismiss
              </Button>
            </>
          }
        >
          The recording is complete. It contains the output and the size of the terminal, as an asciicast file.
        </Notice>
      )}
      <div ref={section} className="relative min-h-0 flex-1 overflow-hidden bg-term">
        <TerminalContextMenu view={view} onFind={() => setFinding(true)}>
          <div ref={host} data-terminal="" className="terminal-host" />
        </TerminalContextMenu>
        {trouble && <ReconnectOverlay trouble={trouble} onRetry={() => client.retryNow()} />}
        {view && state?.phase === 'failed' && state.problem && (
          <div className="absolute inset-0 overflow-auto bg-term">
            <ErrorState
              failure={state.problem}
              onRetry={() => view.retry()}
              details={`terminal ${ptyId} of ${sandboxId}`}
              action={<Button onClick={() => void restart()}>Start it again</Button>}
            />
          </div>
        )}
      </div>
      {state?.exit && (
        <ExitBar exit={state.exit} onRestart={() => void restart()}>
          {restartError ? <ErrorState compact failure={toCallFailure(restartError)} /> : null}
        </ExitBar>
      )}
      {view && state && <TouchKeys view={view} stickyCtrl={state.stickyCtrl} />}
      {state && <TerminalFoot view={view} state={state} />}
      <LinkDialog
        url={state?.link ?? null}
        onClose={() => {
          view?.closeLink()
          view?.focus()
        }}
      />
    </Pane>
  )
}

const recordingDisplay: StateDisplay = { glyph: 'running', tone: 'fail', word: 'recording' }

function PaneChip({ state }: { state: PtyViewState }) {
  switch (state.phase) {
    case 'connecting':
      return <StateChip display={{ glyph: 'starting', tone: 'off', word: 'opening' }} />
    case 'away':
      return <StateChip display={{ glyph: 'disconnected', tone: 'off', word: 'reconnecting' }} />
    case 'exited':
      return state.exit && <StateChip display={exitDisplay(state.exit)} />
    default:
      return null
  }
}

/** Why the terminal does not respond now; null when it does. */
function troubleOf(state: PtyViewState, connection: Connection): StreamTrouble | null {
  if (state.phase === 'exited' || state.phase === 'failed') return null
  if (connection.phase === 'waiting') {
    const word = connection.offline ? 'this device is offline' : 'reconnecting'
    return { word, retryAt: connection.retryAt, canRetry: true }
  }
  if (connection.phase === 'signed-out') return { word: 'signed out', retryAt: null, canRetry: false }
  if (state.phase !== 'away') return null
  const word = state.problem?.message.replace(/\.$/, '') ?? 'the target is not responding'
  return { word, retryAt: state.retryAt, canRetry: false }
}

function ExitBar({ exit, onRestart, children }: { exit: PtyExit; onRestart: () => void; children: ReactNode }) {
  return (
    <div className="shrink-0 border-t border-line bg-raised px-3 py-1.5">
      <div className="flex flex-wrap items-center gap-2">
        <StateChip display={exitDisplay(exit)} />
        <span role="status" className="min-w-0 flex-1 text-body text-ink-2">
          <OutsideText text={exitSentence(exit)} />
        </span>
        <Button size="sm" onClick={onRestart}>
          Restart
        </Button>
      </div>
      {children}
    </div>
  )
}

function exitDisplay({ exitCode, reason }: PtyExit): StateDisplay {
  if (exitCode === null) return { glyph: 'unknown', tone: 'off', word: 'ended' }
  if (exitCode === 0) return { glyph: 'succeeded', tone: 'ok', word: 'exit 0' }
  if (exitCode > 128 || exitCode < 0)
    return {
      glyph: 'killed',
      tone: 'kill',
      word: reason?.startsWith('SIG') ? `killed ${reason} (${exitCode})` : `exit ${exitCode}`,
    }
  return { glyph: 'failed', tone: 'fail', word: `exit ${exitCode}` }
}

function exitSentence({ exitCode, reason, message }: PtyExit): string {
  if (message) return message
  if (exitCode === null) return 'The terminal ended. Its exit code is not known.'
  const because = reason === null || reason === 'non-zero exit' ? '' : ` (${reason})`
  return `The shell ended with exit code ${exitCode}${because}.`
}
