'use client'
import { visibleText } from '@/lib/display/visible-text'
import '@xterm/xterm/css/xterm.css'
import './log-pane.css'
import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { useCapabilities } from '@/components/target/use-capabilities'
import { ErrorState } from '@/components/ui/error-state'
import { PaneHeader } from '@/components/ui/pane'
import { StateChip } from '@/components/ui/state-chip'
import { executionDisplay } from '@/components/ui/state-display'
import { useConnection, useLiveSocket } from '@/lib/live/client/use-live'
import type { JournalRef } from '@/lib/live/protocol'
import { type Execution, hasEnded, type OutputSize } from '@/lib/process-api/execution'
import { targetPath } from '@/lib/queries/read'
import { journalPlaces } from './journal-places'
import type { ReaderView } from './journal-reader'
import { LinkDialog } from './link-dialog'
import { LogAnnouncer } from './log-announcer'
import { LogFind } from './log-find'
import { LogFoot } from './log-foot'
import { BehindNotice, LogNotices } from './log-notices'
import { useLogPreferences } from './log-preferences'
import { LogToolbar } from './log-toolbar'
import { ReconnectOverlay } from './reconnect-overlay'
import { streamDisplay, streamTrouble } from './stream-display'
import { useLogView, useReaderView } from './use-log-view'

export interface LogPaneProps {
  /** Name of the target that keeps the journal. */
  target: string
  journal: JournalRef
  /** What is known of the command or run; null while it is being read. */
  execution: Execution | null
  /** What the log is of, in mono. Without one the pane has a bar with its controls only. */
  title?: string
  /** Buttons after the log's own, such as Stop. */
  actions?: ReactNode
  /** Bars between the header and the log. */
  notes?: ReactNode
  /** Left end of the foot, such as an input line. */
  foot?: ReactNode
  timeoutSeconds?: number | null
}

/** A region that scrolls by keys has to be reachable by keys. */
const takesFocus = { tabIndex: 0 }

/**
 * The recorded output of one command or run, live while it grows: from the journal, byte for byte, with times and
 * streams beside the text. Losing the connection is shown over it and says nothing about the command.
 */
export function LogPane({ target, journal, execution, title, actions, notes, foot, timeoutSeconds }: LogPaneProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const host = useRef<HTMLDivElement>(null)
  const gutter = useRef<HTMLDivElement>(null)
  const pane = useRef<HTMLDivElement>(null)
  const log = useRef<HTMLDivElement>(null)
  const [link, setLink] = useState<string | null>(null)
  const [finding, setFinding] = useState(false)
  const preferences = useLogPreferences()
  const socket = useLiveSocket()
  const connection = useConnection()
  const { journal: keepsTimes, search: findsPlaces } = useCapabilities(journal.sandboxId)
  const size = execution?.output ?? nothingYet
  const path = journalPath(target, journal)
  const places = findsPlaces ? journalPlaces(path) : null
  const open = useLogView({ scroller, host, gutter }, target, journal, size, places, preferences, setLink)
  const view = useReaderView(open)
  const known = latest(execution, view)
  const running = known?.state === 'running'
  const trouble = view ? streamTrouble(view, connection) : null
  const stream = view && streamDisplay(view, trouble, running)

  useEffect(() => open?.setArrivalTimes(!keepsTimes), [open, keepsTimes])
  useEffect(() => open?.terminal.setScreenReader(preferences.screenReader), [open, preferences.screenReader])
  useHotkey('log.find', () => {
    if (document.activeElement?.closest('.cm-editor')) return false
    setFinding(true)
    pane.current?.querySelector<HTMLInputElement>('search input')?.select()
  })
  useHotkey('log.end', () => {
    const { activeElement } = document
    if (activeElement !== document.body && !pane.current?.contains(activeElement)) return false
    open?.reader.resume()
  })
  useHotkey('log.follow', () => (view?.following ? open?.reader.pause() : open?.reader.resume()))

  const onKeyDown = (event: KeyboardEvent) => {
    if (!open || event.target !== event.currentTarget || !isScrollKey(event)) return
    event.preventDefault()
    open.terminal.touched()
    if (event.key === 'Home') open.terminal.scrollToTop()
    else if (event.key === 'PageUp') open.terminal.scrollPages(-1)
    else if (event.key === 'PageDown' || event.key === ' ') open.terminal.scrollPages(1)
    else if (event.key === 'ArrowUp') open.terminal.scrollLines(-1)
    else if (event.key === 'ArrowDown') open.terminal.scrollLines(1)
    else open.terminal.selectAll()
  }
  const onCopy = (event: ClipboardEvent) => {
    if (!open?.terminal.hasSelection()) return
    event.clipboardData.setData('text/plain', open.terminal.selection())
    event.preventDefault()
  }
  const toolbar = (
    <LogToolbar
      log={open}
      view={view}
      output={known?.output ?? null}
      downloadUrl={`${path}/download`}
      preferences={preferences}
      onFind={() => setFinding(true)}
    />
  )
  const streamChip = stream && <StateChip display={stream} />
  return (
    <div ref={pane} className="flex h-full min-h-0 min-w-0 flex-col bg-term">
      {title === undefined ? (
        <div className="flex min-h-8 shrink-0 items-center gap-2 border-b border-line bg-surface pr-1.5 pl-3">
          {streamChip}
          <div className="ml-auto flex items-center gap-1">
            {toolbar}
            {actions}
          </div>
        </div>
      ) : (
        <PaneHeader
          mono
          title={title}
          chip={
            <>
              {known && !(running && !known.waitingForInput && stream?.word === 'live') && (
                <StateChip display={executionDisplay(known, timeoutSeconds)} age />
              )}
              {streamChip}
            </>
          }
          actions={
            <>
              {toolbar}
              {actions}
            </>
          }
        />
      )}
      {notes}
      {open && view && (
        <LogNotices
          view={view}
          reader={open.reader}
          dropped={title === undefined ? 0 : (known?.output.droppedBytes ?? 0)}
        />
      )}
      {finding && open && view && (
        <LogFind
          log={open}
          view={view}
          onClose={() => {
            setFinding(false)
            log.current?.focus()
          }}
        />
      )}
      <div
        ref={log}
        role="log"
        aria-live="off"
        aria-label={title ? visibleText(`Output of ${title}`) : 'Output'}
        {...takesFocus}
        data-pane-focus=""
        className="focus-inset relative flex min-h-0 flex-1 overflow-hidden"
        onKeyDown={onKeyDown}
        onCopy={onCopy}
        onPointerDown={() => log.current?.focus({ preventScroll: true })}
      >
        <div
          ref={gutter}
          aria-hidden="true"
          title={keepsTimes ? undefined : 'Time of arrival: this target does not record times'}
          data-times={preferences.times ? '' : undefined}
          className="log-gutter shrink-0 pl-3 select-none"
        />
        <div ref={scroller} className="log-scroller relative min-w-0 flex-1 overflow-hidden">
          <div ref={host} className="log-host" />
          {view && <Placeholder view={view} execution={known} />}
        </div>
        {view?.failure && (
          <div className="absolute inset-0 overflow-auto bg-term">
            <ErrorState failure={view.failure} onRetry={() => open?.reader.retry()} details={JSON.stringify(journal)} />
          </div>
        )}
        {trouble && <ReconnectOverlay trouble={trouble} onRetry={() => socket.retryNow()} />}
      </div>
      {open && view && <BehindNotice view={view} reader={open.reader} />}
      <LogFoot view={view} reader={open?.reader ?? null} running={running}>
        {foot}
      </LogFoot>
      <LogAnnouncer execution={known} lines={view?.lines ?? 0} />
      <LinkDialog url={link} onClose={() => setLink(null)} />
    </div>
  )
}

/** Nothing was printed: say why, where the first line would be. */
function Placeholder({ view, execution }: { view: ReaderView; execution: Execution | null }) {
  if (view.phase !== 'open' || view.lines > 0 || view.cleared || !execution) return null
  const word = emptyWord(view, execution)
  return word && <p className="pointer-events-none absolute top-1.5 left-4 text-body text-ink-3">{word}</p>
}

function emptyWord(view: ReaderView, execution: Execution): string | null {
  if (view.filter !== 'both' && execution.output.bytes > 0) return `No output on ${view.filter}.`
  if (execution.output.bytes > 0) return null
  if (execution.state === 'queued') return 'Queued. The command starts when the one before it ends.'
  return execution.state === 'running' ? 'No output yet.' : 'No output.'
}

/** The stream and the cache both tell how it ended; whichever knows of the end first is right. */
function latest(execution: Execution | null, view: ReaderView | null): Execution | null {
  if (execution && hasEnded(execution.state)) return execution
  return view?.ended ?? execution
}

function isScrollKey(event: KeyboardEvent): boolean {
  if (event.key === 'a') return event.metaKey || event.ctrlKey
  if (event.metaKey || event.ctrlKey || event.altKey) return false
  return ['Home', 'PageUp', 'PageDown', 'ArrowUp', 'ArrowDown', ' '].includes(event.key)
}

const nothingYet: OutputSize = { bytes: 0, stdoutBytes: 0, stderrBytes: 0, droppedBytes: 0 }

/** Where the read routes of a journal are. */
function journalPath(target: string, journal: JournalRef): string {
  const place =
    journal.kind === 'run'
      ? targetPath(target, 'sandboxes', journal.sandboxId, 'runs', journal.runId)
      : targetPath(target, 'sandboxes', journal.sandboxId, 'sessions', journal.sessionId, 'commands', journal.commandId)
  return `${place}/journal`
}
