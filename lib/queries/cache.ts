/**
 * Change events become cache updates, so that nobody polls. Events are gathered and written once a frame; an answer
 * that was under way while an event came is corrected by it, since it may have been read before the change.
 */
import type { InfiniteData, QueryClient, QueryKey } from '@tanstack/react-query'
import type { EngineEvent, RunDetail, RunPage, RunSummary } from '@/lib/process-api/extensions'
import type { CommandDetail, SessionDetail, SessionSummary } from '@/lib/process-api/process'
import type { SandboxDto, SandboxListItem } from '@/lib/process-api/sandbox'
import { queryKeys } from './query-keys'

/** What a target's events are fed to. */
export interface CacheFeed {
  push(event: EngineEvent): void
  /** Events may have been missed: read again what is shown. */
  resync(): void
  stop(): void
}

/**
 * @param nextFrame runs a function at the next frame; in a hidden tab a timer has to stand in for it
 * @param now a clock in ms that never goes back
 */
export function createCacheFeed(
  client: QueryClient,
  target: string,
  nextFrame: (run: () => void) => () => void,
  now: () => number = () => performance.now(),
): CacheFeed {
  let waiting = new Map<string, EngineEvent>()
  let cancel: (() => void) | null = null
  /** Last event of each thing, kept while an answer that is older than it may still arrive. */
  const recent = new Map<string, { event: EngineEvent; at: number }>()
  const readingSince = new Map<string, number>()

  const flush = () => {
    cancel = null
    const events = waiting
    waiting = new Map()
    for (const event of events.values()) applyEvent(client, target, event)
  }

  const forgetOld = () => {
    const oldest = Math.min(...readingSince.values())
    for (const [thing, { at }] of recent) if (at < oldest) recent.delete(thing)
  }

  const unsubscribe = client.getQueryCache().subscribe((change) => {
    if (!belongsTo(change.query.queryKey, target)) return
    const { queryHash, state } = change.query
    if (change.type === 'removed') readingSince.delete(queryHash)
    // Observers are told of an answer before the cache is: only the cache's own word ends a reading.
    if (change.type !== 'updated') return
    const since = readingSince.get(queryHash)
    if (state.fetchStatus !== 'fetching') readingSince.delete(queryHash)
    if (change.action.type === 'fetch') readingSince.set(queryHash, now())
    if (change.action.type !== 'success' || change.action.manual || since === undefined) return
    for (const [thing, { event, at }] of recent) if (at >= since) waiting.set(thing, event)
    if (waiting.size > 0) cancel ??= nextFrame(flush)
    forgetOld()
  })

  return {
    push(event) {
      const thing = thingOf(event)
      waiting.delete(thing)
      waiting.set(thing, event)
      if (readingSince.size > 0) recent.set(thing, { event, at: now() })
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

/** Two events about the same thing: only the newer one counts. */
function thingOf(event: EngineEvent): string {
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

/** Write one event into whatever of it is cached. What nobody has read is not made up. */
export function applyEvent(client: QueryClient, target: string, event: EngineEvent): void {
  switch (event.type) {
    case 'sandbox':
      applySandbox(client, target, event.sandbox)
      break
    case 'sandbox-deleted':
      change<SandboxListItem[]>(client, queryKeys.sandboxes(target), (list) =>
        list.filter((item) => item.id !== event.sandboxId),
      )
      gone(client, queryKeys.sandbox(target, event.sandboxId))
      break
    case 'session':
      applySession(client, target, event.sandboxId, event.session)
      break
    case 'session-deleted':
      change<SessionSummary[]>(client, queryKeys.sessions(target, event.sandboxId), (sessions) =>
        sessions.filter((session) => session.sessionId !== event.sessionId),
      )
      gone(client, queryKeys.session(target, event.sandboxId, event.sessionId))
      break
    case 'command':
      change<SessionDetail>(client, queryKeys.session(target, event.sandboxId, event.sessionId), (session) => ({
        ...session,
        commands: putCommand(session.commands, event.command),
      }))
      break
    case 'run':
      applyRun(client, target, event.sandboxId, event.run)
      break
    case 'run-deleted':
      change<InfiniteData<RunPage>>(client, queryKeys.runs(target, event.sandboxId), (data) => ({
        ...data,
        pages: data.pages.map((page) => ({ ...page, runs: page.runs.filter((run) => run.id !== event.runId) })),
      }))
      gone(client, queryKeys.run(target, event.sandboxId, event.runId))
      break
    // No page reads these yet.
    case 'context':
    case 'context-deleted':
    case 'context-run':
    case 'pty':
    case 'pty-deleted':
      break
    default:
      event satisfies never
  }
}

function change<Data>(client: QueryClient, key: QueryKey, update: (old: Data) => Data): void {
  client.setQueryData<Data>(key, (old) => (old === undefined ? undefined : update(old)))
}

/** It does not exist any more: a page that shows it reads again and gets the target's own "not found". */
function gone(client: QueryClient, key: QueryKey): void {
  client.removeQueries({ queryKey: key, type: 'inactive' })
  void client.invalidateQueries({ queryKey: key })
}

function applySandbox(client: QueryClient, target: string, sandbox: SandboxDto): void {
  const key = queryKeys.sandbox(target, sandbox.id)
  const before = client.getQueryData<SandboxDto>(key)?.state
  const { env: _, ...item } = sandbox
  change<SandboxListItem[]>(client, queryKeys.sandboxes(target), (list) =>
    list.some((known) => known.id === sandbox.id)
      ? list.map((known): SandboxListItem => (known.id === sandbox.id ? item : known))
      : [...list, item],
  )
  change<SandboxDto>(client, key, () => sandbox)
  // A start or stop changes what the sandbox can do and what its sessions are worth.
  if (before !== undefined && before !== sandbox.state) {
    void client.invalidateQueries({ queryKey: key, predicate: (query) => query.queryKey.length > key.length })
  }
}

function applySession(client: QueryClient, target: string, sandboxId: string, session: SessionSummary): void {
  const { sessionId } = session
  change<SessionSummary[]>(client, queryKeys.sessions(target, sandboxId), (sessions) =>
    sessions.some((known) => known.sessionId === sessionId)
      ? sessions.map((known) => (known.sessionId === sessionId ? session : known))
      : [...sessions, session],
  )
  change<SessionDetail>(client, queryKeys.session(target, sandboxId, sessionId), ({ commands }) => ({
    ...session,
    commands,
  }))
}

function putCommand(commands: CommandDetail[], command: CommandDetail): CommandDetail[] {
  return commands.some((known) => known.id === command.id)
    ? commands.map((known) => (known.id === command.id ? command : known))
    : [...commands, command]
}

function applyRun(client: QueryClient, target: string, sandboxId: string, run: RunSummary): void {
  change<InfiniteData<RunPage>>(client, queryKeys.runs(target, sandboxId), (data) => {
    const known = data.pages.some((page) => page.runs.some((one) => one.id === run.id))
    return {
      ...data,
      pages: data.pages.map((page, index) => {
        if (known) return { ...page, runs: page.runs.map((one) => (one.id === run.id ? run : one)) }
        return index === 0 ? { ...page, runs: [run, ...page.runs] } : page
      }),
    }
  })
  change<RunDetail>(client, queryKeys.run(target, sandboxId, run.id), (detail) => ({ ...detail, ...run }))
}
