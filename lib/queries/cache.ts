/**
 * Turns change events into cache updates, so that the browser need not poll. Events are batched and written once per
 * frame. A response that was in flight when an event arrived is corrected by that event, because the response may have
 * been read before the change.
 */
import type { InfiniteData, QueryClient, QueryKey } from '@tanstack/react-query'
import type { Execution } from '@/lib/process-api/execution'
import type { EngineEvent, RunDetail, RunPage, RunSummary } from '@/lib/process-api/extensions'
import { hasEnded } from '@/lib/process-api/has-ended'
import type { ContextDetail } from '@/lib/process-api/interpreter'
import type { CommandDetail, SessionDetail, SessionSummary } from '@/lib/process-api/process'
import type { PtyDetail } from '@/lib/process-api/pty'
import type { SandboxDto, SandboxListItem } from '@/lib/process-api/sandbox'
import { queryKeys } from './query-keys'
import type { ContextEntry } from './reads'

/** Receives the change events of one target. */
export interface CacheFeed {
  push(event: EngineEvent): void
  /** Refetches everything shown, because events may have been missed. */
  resync(): void
  stop(): void
}

/**
 * @param nextFrame calls a function at the next frame and returns its cancellation; hidden tabs need a timer instead
 * @param now a monotonic clock in ms
 */
export function createCacheFeed(
  client: QueryClient,
  target: string,
  nextFrame: (run: () => void) => () => void,
  now: () => number = () => performance.now(),
): CacheFeed {
  let pending = new Map<string, EngineEvent>()
  let cancel: (() => void) | null = null
  /** Last event of each entity, stored while a response that is older may still arrive. */
  const recent = new Map<string, { event: EngineEvent; at: number }>()
  const fetchStartedAt = new Map<string, number>()

  const flush = () => {
    cancel = null
    const events = pending
    pending = new Map()
    for (const event of events.values()) applyEvent(client, target, event)
  }

  const forgetSettled = () => {
    const oldest = Math.min(...fetchStartedAt.values())
    for (const [key, { at }] of recent) if (at < oldest) recent.delete(key)
  }

  /** Applies the events since `since` once more: the response may be older than them. */
  const replayEvents = (since: number) => {
    for (const [key, { event, at }] of recent) if (at >= since) pending.set(key, event)
    if (pending.size > 0) cancel ??= nextFrame(flush)
    forgetSettled()
  }

  const unsubscribe = client.getQueryCache().subscribe((notification) => {
    if (!belongsTo(notification.query.queryKey, target)) return
    const { queryHash, state } = notification.query
    if (notification.type === 'removed') fetchStartedAt.delete(queryHash)
    // Observers are notified of a response before the cache is updated: only `updated` ends a fetch.
    if (notification.type !== 'updated') return
    const { action } = notification
    const since = fetchStartedAt.get(queryHash)
    if (state.fetchStatus !== 'fetching') fetchStartedAt.delete(queryHash)
    if (action.type === 'fetch') fetchStartedAt.set(queryHash, now())
    if (action.type === 'success' && !action.manual && since !== undefined) replayEvents(since)
  })

  return {
    push(event) {
      const key = entityKey(event)
      pending.delete(key)
      pending.set(key, event)
      if (fetchStartedAt.size > 0) recent.set(key, { event, at: now() })
      cancel ??= nextFrame(flush)
    },
    resync() {
      void client.invalidateQueries({ queryKey: queryKeys.target(target) })
    },
    stop() {
      unsubscribe()
      cancel?.()
    },
  }
}

function belongsTo(key: QueryKey, target: string): boolean {
  return key[0] === queryKeys.target(target)[0] && key[1] === target
}

/** Identifies what an event is about: of two events with the same key only the newer one counts. */
function entityKey(event: EngineEvent): string {
  switch (event.type) {
    case 'sandbox':
      return event.sandbox.id
    case 'sandbox-deleted':
      return event.sandboxId
    case 'session':
      return `${event.sandboxId}/s/${event.session.sessionId}`
    case 'session-deleted':
      return `${event.sandboxId}/s/${event.sessionId}`
    case 'command':
      return `${event.sandboxId}/s/${event.sessionId}/${event.command.id}`
    case 'run':
      return `${event.sandboxId}/r/${event.run.id}`
    case 'run-deleted':
      return `${event.sandboxId}/r/${event.runId}`
    case 'context':
      return `${event.sandboxId}/c/${event.context.id}`
    case 'context-deleted':
      return `${event.sandboxId}/c/${event.contextId}`
    case 'context-run':
      return `${event.sandboxId}/c/${event.run.contextId}/${event.run.id}`
    case 'pty':
      return `${event.sandboxId}/p/${event.pty.id}`
    case 'pty-deleted':
      return `${event.sandboxId}/p/${event.ptyId}`
    default:
      return event satisfies never
  }
}

/** Writes one event into the cached entries that it affects. Entries that were never read are not created. */
export function applyEvent(client: QueryClient, target: string, event: EngineEvent): void {
  switch (event.type) {
    case 'sandbox':
      applySandbox(client, target, event.sandbox)
      break
    case 'sandbox-deleted':
      updateCached<SandboxListItem[]>(client, queryKeys.sandboxes(target), (list) =>
        list.filter((item) => item.id !== event.sandboxId),
      )
      invalidateDeleted(client, queryKeys.sandbox(target, event.sandboxId))
      break
    case 'session':
      applySession(client, target, event.sandboxId, event.session)
      break
    case 'session-deleted':
      updateCached<SessionSummary[]>(client, queryKeys.sessions(target, event.sandboxId), (sessions) =>
        sessions.filter((session) => session.sessionId !== event.sessionId),
      )
      invalidateDeleted(client, queryKeys.session(target, event.sandboxId, event.sessionId))
      break
    case 'command':
      updateCached<SessionDetail>(client, queryKeys.session(target, event.sandboxId, event.sessionId), (session) => ({
        ...session,
        commands: putCommand(session.commands, event.command),
      }))
      break
    case 'run':
      applyRun(client, target, event.sandboxId, event.run)
      break
    case 'run-deleted':
      updateCached<InfiniteData<RunPage>>(client, queryKeys.runs(target, event.sandboxId), (data) => ({
        ...data,
        pages: data.pages.map((page) => ({ ...page, runs: page.runs.filter((run) => run.id !== event.runId) })),
      }))
      invalidateDeleted(client, queryKeys.run(target, event.sandboxId, event.runId))
      break
    case 'context':
      applyContext(client, target, event.sandboxId, event.context)
      break
    case 'context-deleted':
      updateCached<ContextEntry[]>(client, queryKeys.contexts(target, event.sandboxId), (contexts) =>
        contexts.filter((context) => context.id !== event.contextId),
      )
      break
    // No page reads these yet.
    case 'context-run':
      break
    case 'pty':
      updateCached<PtyDetail[]>(client, queryKeys.ptys(target, event.sandboxId), (ptys) => putPty(ptys, event.pty))
      break
    case 'pty-deleted':
      updateCached<PtyDetail[]>(client, queryKeys.ptys(target, event.sandboxId), (ptys) =>
        ptys.filter((pty) => pty.id !== event.ptyId),
      )
      break
    default:
      event satisfies never
  }
}

/** Names a command of a session or a run. */
export type ExecutionRef =
  | { kind: 'command'; sandboxId: string; sessionId: string; commandId: string }
  | { kind: 'run'; sandboxId: string; runId: string }

/**
 * Writes the end of an execution, which its log reported, into the cached lists. The events of a target without push
 * come seconds later, and the lists would say "running" beside a log that says how it ended.
 */
export function applyEnd(client: QueryClient, target: string, ref: ExecutionRef, end: Execution): void {
  if (ref.kind === 'run') applyRunEnd(client, target, ref, end)
  else applyCommandEnd(client, target, ref, end)
}

function applyRunEnd(
  client: QueryClient,
  target: string,
  { sandboxId, runId }: { sandboxId: string; runId: string },
  end: Execution,
): void {
  const withEnd = <Run extends RunSummary>(run: Run): Run =>
    run.id === runId && !hasEnded(run.state) ? { ...run, ...end } : run
  updateCached<InfiniteData<RunPage>>(client, queryKeys.runs(target, sandboxId), (data) => ({
    ...data,
    pages: data.pages.map((page) => ({ ...page, runs: page.runs.map(withEnd) })),
  }))
  updateCached<RunDetail>(client, queryKeys.run(target, sandboxId, runId), withEnd)
}

function applyCommandEnd(
  client: QueryClient,
  target: string,
  { sandboxId, sessionId, commandId }: { sandboxId: string; sessionId: string; commandId: string },
  end: Execution,
): void {
  const key = queryKeys.session(target, sandboxId, sessionId)
  const session = client.getQueryData<SessionDetail>(key)
  const command = session?.commands.find((one) => one.id === commandId)
  if (!session || !command || hasEnded(command.state)) return
  const { exitCode, ...rest } = end
  const ended: CommandDetail = { ...command, ...rest, ...(exitCode === null ? {} : { exitCode }) }
  const commands = putCommand(session.commands, ended)
  const running = commands.some(({ state }) => state === 'running' || state === 'queued')
  const { state, signal, reason } = end
  const change = {
    state: session.state === 'ended' ? session.state : running ? ('running' as const) : ('idle' as const),
    lastVerdict: { state, exitCode, signal, reason },
  }
  client.setQueryData<SessionDetail>(key, { ...session, ...change, commands })
  const list = queryKeys.sessions(target, sandboxId)
  updateCached<SessionSummary[]>(client, list, (sessions) =>
    sessions.map((one) => (one.sessionId === sessionId && one.state !== 'ended' ? { ...one, ...change } : one)),
  )
  // The command may have ended its session, which only the target knows.
  void client.invalidateQueries({ queryKey: key, exact: true })
  void client.invalidateQueries({ queryKey: list, exact: true })
}

function updateCached<Data>(client: QueryClient, key: QueryKey, update: (old: Data) => Data): void {
  client.setQueryData<Data>(key, (old) => (old === undefined ? undefined : update(old)))
}

/** After a deletion: a page that still shows the entry refetches it and gets the target's own "not found". */
function invalidateDeleted(client: QueryClient, key: QueryKey): void {
  client.removeQueries({ queryKey: key, type: 'inactive' })
  void client.invalidateQueries({ queryKey: key })
}

function applySandbox(client: QueryClient, target: string, sandbox: SandboxDto): void {
  const key = queryKeys.sandbox(target, sandbox.id)
  const before = client.getQueryData<SandboxDto>(key)?.state
  const { env: _, ...item } = sandbox
  updateCached<SandboxListItem[]>(client, queryKeys.sandboxes(target), (list) =>
    list.some((known) => known.id === sandbox.id)
      ? list.map((known): SandboxListItem => (known.id === sandbox.id ? item : known))
      : [...list, item],
  )
  updateCached<SandboxDto>(client, key, () => sandbox)
  // A start or stop changes the capabilities of the sandbox and the state of its sessions.
  if (before !== undefined && before !== sandbox.state) {
    void client.invalidateQueries({ queryKey: key, predicate: (query) => query.queryKey.length > key.length })
  }
}

function applySession(client: QueryClient, target: string, sandboxId: string, session: SessionSummary): void {
  const { sessionId } = session
  updateCached<SessionSummary[]>(client, queryKeys.sessions(target, sandboxId), (sessions) =>
    sessions.some((known) => known.sessionId === sessionId)
      ? sessions.map((known) => (known.sessionId === sessionId ? session : known))
      : [...sessions, session],
  )
  updateCached<SessionDetail>(client, queryKeys.session(target, sandboxId, sessionId), ({ commands }) => ({
    ...session,
    commands,
  }))
}

function putPty(ptys: PtyDetail[], pty: PtyDetail): PtyDetail[] {
  return ptys.some((known) => known.id === pty.id)
    ? ptys.map((known) => (known.id === pty.id ? pty : known))
    : [...ptys, pty]
}

function putCommand(commands: CommandDetail[], command: CommandDetail): CommandDetail[] {
  return commands.some((known) => known.id === command.id)
    ? commands.map((known) => (known.id === command.id ? command : known))
    : [...commands, command]
}

function applyContext(client: QueryClient, target: string, sandboxId: string, context: ContextDetail): void {
  const entry: ContextEntry = { ...context, detail: context }
  updateCached<ContextEntry[]>(client, queryKeys.contexts(target, sandboxId), (contexts) =>
    contexts.some(({ id }) => id === context.id)
      ? contexts.map((known) => (known.id === context.id ? entry : known))
      : [...contexts, entry],
  )
}

function applyRun(client: QueryClient, target: string, sandboxId: string, run: RunSummary): void {
  updateCached<InfiniteData<RunPage>>(client, queryKeys.runs(target, sandboxId), (data) => {
    const known = data.pages.some((page) => page.runs.some((one) => one.id === run.id))
    return {
      ...data,
      pages: data.pages.map((page, index) => {
        if (known) return { ...page, runs: page.runs.map((one) => (one.id === run.id ? run : one)) }
        return index === 0 ? { ...page, runs: [run, ...page.runs] } : page
      }),
    }
  })
  updateCached<RunDetail>(client, queryKeys.run(target, sandboxId, run.id), (detail) => ({ ...detail, ...run }))
}
