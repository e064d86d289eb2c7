'use client'
import { visibleText } from '@/lib/display/visible-text'
import '@xterm/xterm/css/xterm.css'
import './log-pane.css'
import { useQueryClient } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
} from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { replayAddress } from '@/components/target/replay-address'
import { useCapabilities } from '@/components/target/use-capabilities'
import { ErrorState } from '@/components/ui/error-state'
import { PaneHeader } from '@/components/ui/pane'
import { StateChip } from '@/components/ui/state-chip'
import { executionDisplay, type StateDisplay } from '@/components/ui/state-display'
import { useLazyPart } from '@/components/ui/use-lazy-part'
import { useConnection, useLiveClient } from '@/lib/live/client/use-live'
import type { JournalRef } from '@/lib/live/protocol'
import type { Execution, OutputSize } from '@/lib/process-api/execution'
import { hasEnded } from '@/lib/process-api/has-ended'
import type { JournalOverview } from '@/lib/process-api/journal-lines'
import { applyEnd } from '@/lib/queries/cache'
import { LogHighlights } from './highlight/log-highlights'
import { journalPath, journalQueries, lineQueries } from './journal-queries'
import { LinkDialog } from './link-dialog'
import { LogAnnouncer } from './log-announcer'
import type { LogBarName } from './log-bar'
import { LogFoot } from './log-foot'
import { LogNotices } from './log-notices'
import { type LogPreferences, useLogPreferences } from './log-preferences'
import { LogStrip, useOverview } from './log-strip'
import { LogToolbar } from './log-toolbar'
import type { LogView } from './log-view'
import { matchQueries } from './match-queries'
import type { ReaderView } from './reader-view'
import { ReconnectOverlay } from './reconnect-overlay'
import type { SourceLinks } from './source-links'
import { streamDisplay, streamTrouble } from './stream-display'
import { useLogView, useReaderView, useWholeCount } from './use-log-view'

export interface LogPaneProps {
  /** Name of the target that has the journal. */
  target: string
  journal: JournalRef
  /** State of the command or run; null while it is loading. */
  execution: Execution | null
  /** The command or code, in mono. Without a title the header has only the controls. */
  title?: string
  /** Buttons after those of the log, such as Stop. */
  actions?: ReactNode
  /** Bars between the header and the log. */
  notes?: ReactNode
  /** The left end of the foot, such as an input line. */
  foot?: ReactNode
  timeoutSeconds?: number | null
  /** Links the lines of the output that name a line of the source. */
  sourceLinks?: SourceLinks | null
  /** Called with the loaded text when all output of the ended execution was received. */
  onOutput?: (text: string) => void
}

const loadBar = () => import('./log-bar')
const FieldsPane = dynamic(() => import('./structure/fields-pane').then((loaded) => loaded.FieldsPane), { ssr: false })

/** A region that scrolls by keys must be reachable by keys. */
const focusable = { tabIndex: 0 }

/** The recorded output of one command or run, as text or, where the user prefers that, as lines with fields. */
export function LogPane(props: LogPaneProps) {
  const { fields } = useLogPreferences()
  return fields ? <FieldsPane {...props} path={journalPath(props.target, props.journal)} /> : <TextPane {...props} />
}

/**
 * The output as text, live while it grows, with times and streams next to it. A lost connection is shown over the log,
 * and does not affect the state of the command.
 */
function TextPane({
  target,
  journal,
  execution,
  title,
  actions,
  notes,
  foot,
  timeoutSeconds,
  sourceLinks = null,
  onOutput,
}: LogPaneProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const host = useRef<HTMLDivElement>(null)
  const gutter = useRef<HTMLDivElement>(null)
  const pane = useRef<HTMLDivElement>(null)
  const log = useRef<HTMLDivElement>(null)
  const [link, setLink] = useState<string | null>(null)
  const [bar, setBar] = useState<LogBarName>(null)
  /** Where the find bar puts the list of matching lines. */
  const [listHost, setListHost] = useState<HTMLElement | null>(null)
  const barPart = useLazyPart(loadBar, bar !== null)
  const [highlighting, setHighlighting] = useState(false)
  const preferences = useLogPreferences()
  const client = useLiveClient()
  const connection = useConnection()
  const {
    journal: hasTimes,
    search: hasQueries,
    lines: hasLines,
    matches: hasMatches,
  } = useCapabilities(journal.sandboxId)
  const path = journalPath(target, journal)
  const lines = hasLines ? lineQueries(path) : null
  const matches = useMemo(() => (hasMatches ? matchQueries(path) : null), [hasMatches, path])
  const replayUrl = useReplayUrl(target, journal)
  const open = useLogView(
    { scroller, host, gutter },
    target,
    journal,
    execution?.output ?? noOutput,
    hasQueries ? journalQueries(path) : null,
    { lines, matches },
    preferences,
    setLink,
  )
  const view = useReaderView(open)
  const current = latest(execution, view)
  const running = current?.state === 'running'
  const trouble = view ? streamTrouble(view, connection) : null
  const overview = useOverview(path, lines, view, current)
  const closeBar = () => {
    setBar(null)
    log.current?.focus()
  }
  const count = useWholeCount(open)
  const filter = view?.filter ?? 'both'
  const stream = view && streamDisplay(view, trouble, running)

  useLearnedEnd(target, journal, view?.ended ?? null)
  useLoadedOutput(open, view, execution?.state, onOutput)
  useEffect(() => open?.terminal.setSourceLinks(sourceLinks), [open, sourceLinks])
  useEffect(() => open?.setArrivalTimes(!hasTimes), [open, hasTimes])
  const startMs = startTime(overview, current)
  useEffect(() => open?.setTimeMode(preferences.timeMode, startMs), [open, preferences.timeMode, startMs])
  useEffect(() => open?.terminal.setScreenReader(preferences.screenReader), [open, preferences.screenReader])
  useLogHotkeys(pane, open, view, setBar)

  const toolbar = (
    <LogToolbar
      log={open}
      view={view}
      output={current?.output ?? null}
      downloadUrl={`${path}/download`}
      replayUrl={replayUrl}
      preferences={preferences}
      onFind={() => setBar('find')}
      onGoTo={() => setBar('line')}
      onHighlight={() => setHighlighting(true)}
      numbersLines={hasLines}
    />
  )
  return (
    <div ref={pane} className="flex h-full min-h-0 min-w-0 flex-col bg-term">
      <LogHeader
        title={title}
        state={<ExecutionChip execution={current} stream={stream} timeoutSeconds={timeoutSeconds} />}
        stream={stream && <StateChip display={stream} />}
        controls={
          <>
            {toolbar}
            {actions}
          </>
        }
      />
      {notes}
      {open && view && (
        <>
          <LogNotices view={view} reader={open.reader} dropped={title === undefined ? 0 : droppedBytes(current)} />
          {barPart && (
            <barPart.LogBar
              path={path}
              matches={matches}
              listHost={listHost}
              bar={bar}
              log={open}
              view={view}
              numbersLines={hasLines}
              startMs={startMs}
              onClose={closeBar}
            />
          )}
        </>
      )}
      <div className="flex min-h-0 flex-1">
        <div
          ref={log}
          role="log"
          aria-live="off"
          aria-label={title ? visibleText(`Output of ${title}`) : 'Output'}
          {...focusable}
          data-pane-focus=""
          className="focus-inset relative flex min-h-0 min-w-0 flex-1 overflow-hidden"
          onKeyDown={(event) => open && handleScrollKey(event, open)}
          onCopy={(event) => open && copySelection(event, open)}
          onPointerDown={() => log.current?.focus({ preventScroll: true })}
        >
          <div
            ref={gutter}
            aria-hidden="true"
            title={hasTimes ? undefined : 'Time of arrival: this target does not record times'}
            data-times={preferences.times ? '' : undefined}
            data-numbers={showsNumbers(preferences, hasLines, view) ? '' : undefined}
            className="log-gutter shrink-0 pl-3 select-none"
          />
          <div ref={scroller} className="log-scroller relative min-w-0 flex-1 overflow-hidden">
            <div ref={host} className="log-host" />
            <Placeholder view={view} execution={current} />
          </div>
          <div ref={setListHost} className="contents" />
          <Failure view={view} log={open} journal={journal} />
          {trouble && <ReconnectOverlay trouble={trouble} onRetry={() => client.retryNow()} />}
        </div>
        <LogStrip log={open} overview={overview} filter={filter} count={count} />
      </div>
      <LogFoot view={view} reader={open?.reader ?? null} running={running}>
        {foot}
      </LogFoot>
      <LogAnnouncer execution={current} lines={view?.lines ?? 0} />
      <LogHighlights log={open} open={highlighting} onOpenChange={setHighlighting} matches={matches} filter={filter} />
      <LinkDialog url={link} onClose={() => setLink(null)} />
    </div>
  )
}

/** Whether line numbers are displayed: without the target's help they are known only from the start of the log. */
function showsNumbers(preferences: LogPreferences, numbersLines: boolean, view: ReaderView | null): boolean {
  return preferences.numbers && (numbersLines || (view?.earlierBytes ?? 0) === 0)
}

/** When the log starts, ms since epoch. */
function startTime(overview: JournalOverview | null, execution: Execution | null): number | null {
  return overview?.startMs ?? (execution?.startedAt ? Date.parse(execution.startedAt) : null)
}

function droppedBytes(execution: Execution | null): number {
  return execution?.output.droppedBytes ?? 0
}

/** The page that replays the output; null where its times are not known. */
function useReplayUrl(target: string, journal: JournalRef): string | null {
  const { replay } = useCapabilities(journal.sandboxId)
  return replay ? replayAddress(target, journal.sandboxId, journal) : null
}

/** The lists learn at once how an execution ended. */
function useLearnedEnd(target: string, journal: JournalRef, end: Execution | null): void {
  const cache = useQueryClient()
  const learnEnd = useEffectEvent((ended: Execution) => applyEnd(cache, target, journal, ended))
  useEffect(() => {
    if (end && hasEnded(end.state)) learnEnd(end)
  }, [end])
}

/** Passes the loaded text on when all output of the ended execution was received. */
function useLoadedOutput(
  open: LogView | null,
  view: ReaderView | null,
  state: Execution['state'] | undefined,
  onOutput: LogPaneProps['onOutput'],
): void {
  const loadedBytes = view?.over && view.laterBytes === 0 ? view.loadedBytes : null
  const reportOutput = useEffectEvent((text: string) => onOutput?.(text))
  useEffect(() => {
    if (loadedBytes !== null && state && hasEnded(state))
      open?.terminal.afterWrites(() => reportOutput(open.terminal.text()))
  }, [open, loadedBytes, state])
}

/** A running execution needs no chip of its own next to that of its live stream, unless it waits for input. */
function ExecutionChip({
  execution,
  stream,
  timeoutSeconds,
}: {
  execution: Execution | null
  stream: StateDisplay | null
  timeoutSeconds: LogPaneProps['timeoutSeconds']
}) {
  if (!execution) return null
  if (execution.state === 'running' && !execution.waitingForInput && stream?.word === 'live') return null
  return <StateChip display={executionDisplay(execution, timeoutSeconds)} age />
}

/** Without a title, the state of the execution is displayed elsewhere. */
function LogHeader({
  title,
  state,
  stream,
  controls,
}: {
  title: string | undefined
  state: ReactNode
  stream: ReactNode
  controls: ReactNode
}) {
  if (title === undefined) {
    return (
      <div className="flex min-h-8 shrink-0 items-center gap-2 border-b border-line bg-surface pr-1.5 pl-3">
        {stream}
        <div className="ml-auto flex items-center gap-1">{controls}</div>
      </div>
    )
  }
  const chip = (
    <>
      {state}
      {stream}
    </>
  )
  return <PaneHeader mono title={title} chip={chip} actions={controls} />
}

function useLogHotkeys(
  pane: RefObject<HTMLDivElement | null>,
  open: LogView | null,
  view: ReaderView | null,
  onBar: (bar: LogBarName) => void,
): void {
  useHotkey('log.line', () => {
    if (document.activeElement?.closest('.cm-editor')) return false
    onBar('line')
  })
  useHotkey('log.find', () => {
    if (document.activeElement?.closest('.cm-editor')) return false
    onBar('find')
    pane.current?.querySelector<HTMLInputElement>('search input')?.select()
  })
  useHotkey('log.end', () => {
    const { activeElement } = document
    if (activeElement !== document.body && !pane.current?.contains(activeElement)) return false
    open?.reader.resume()
  })
  useHotkey('log.follow', () => (view?.following ? open?.reader.pause() : open?.reader.resume()))
}

function handleScrollKey(event: KeyboardEvent, { terminal }: LogView): void {
  if (event.target !== event.currentTarget || !isScrollKey(event)) return
  event.preventDefault()
  terminal.touched()
  if (event.key === 'Home') terminal.scrollToTop()
  else if (event.key === 'PageUp') terminal.scrollPages(-1)
  else if (event.key === 'PageDown' || event.key === ' ') terminal.scrollPages(1)
  else if (event.key === 'ArrowUp') terminal.scrollLines(-1)
  else if (event.key === 'ArrowDown') terminal.scrollLines(1)
  else terminal.selectAll()
}

function copySelection(event: ClipboardEvent, { terminal }: LogView): void {
  if (!terminal.hasSelection()) return
  event.clipboardData.setData('text/plain', terminal.selection())
  event.preventDefault()
}

function Failure({ view, log, journal }: { view: ReaderView | null; log: LogView | null; journal: JournalRef }) {
  if (!log || !view?.failure) return null
  return (
    <div className="absolute inset-0 overflow-auto bg-term">
      <ErrorState failure={view.failure} onRetry={() => log.reader.retry()} details={JSON.stringify(journal)} />
    </div>
  )
}

/** Explains an empty log, where the first line would be. */
function Placeholder({ view, execution }: { view: ReaderView | null; execution: Execution | null }) {
  if (view?.phase !== 'open' || view.lines > 0 || view.cleared || !execution) return null
  const word = emptyWord(view, execution)
  return word && <p className="pointer-events-none absolute top-1.5 left-4 text-body text-ink-3">{word}</p>
}

function emptyWord(view: ReaderView, execution: Execution): string | null {
  if (view.filter !== 'both' && execution.output.bytes > 0) return `No output on ${view.filter}.`
  if (execution.output.bytes > 0) return null
  if (execution.state === 'queued') return 'Queued. The command starts when the one before it ends.'
  return execution.state === 'running' ? 'No output yet.' : 'No output.'
}

/** Both the stream and the cache report the end of the execution, in any order. */
function latest(execution: Execution | null, view: ReaderView | null): Execution | null {
  if (execution && hasEnded(execution.state)) return execution
  return view?.ended ?? execution
}

function isScrollKey(event: KeyboardEvent): boolean {
  if (event.key === 'a') return event.metaKey || event.ctrlKey
  if (event.metaKey || event.ctrlKey || event.altKey) return false
  return ['Home', 'PageUp', 'PageDown', 'ArrowUp', 'ArrowDown', ' '].includes(event.key)
}

const noOutput: OutputSize = { bytes: 0, stdoutBytes: 0, stderrBytes: 0, droppedBytes: 0 }
