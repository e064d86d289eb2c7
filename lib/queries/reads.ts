/**
 * What pages read: one function a route, for TanStack Query. Live events keep the answers fresh; these fill them the
 * first time and after a gap. The shape that a function gives is the shape that its cache entry has.
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Capabilities, LiveProcess, RunDetail, RunPage } from '@/lib/process-api/extensions'
import type { SessionDetail, SessionSummary } from '@/lib/process-api/process'
import type { ProcessTree } from '@/lib/process-api/process-tree'
import type { SandboxDto, SandboxListItem, SandboxPage } from '@/lib/process-api/sandbox'
import { queryKeys } from './query-keys'
import { readJson, targetPath } from './read'

/** Sandboxes a request of the list carries, and the requests that a page makes at most. */
export const sandboxPageSize = 200
const maxSandboxPages = 25
/** Runs a page of the history. */
export const runPageSize = 50

/** All sandboxes of a target, in the target's order. */
export function sandboxesQuery(target: string) {
  return queryOptions({
    queryKey: queryKeys.sandboxes(target),
    queryFn: ({ signal }) => readSandboxes(target, signal),
  })
}

async function readSandboxes(target: string, signal: AbortSignal): Promise<SandboxListItem[]> {
  const all: SandboxListItem[] = []
  let cursor: string | null = null
  for (let page = 0; page < maxSandboxPages; page += 1) {
    const query = new URLSearchParams({ limit: String(sandboxPageSize), ...(cursor === null ? {} : { cursor }) })
    const answer: SandboxPage = await readJson(`${targetPath(target, 'sandboxes')}?${query}`, signal)
    all.push(...answer.items)
    cursor = answer.nextCursor
    if (cursor === null) break
  }
  return all
}

export function sandboxQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: queryKeys.sandbox(target, sandboxId),
    queryFn: ({ signal }) => readJson<SandboxDto>(targetPath(target, 'sandboxes', sandboxId), signal),
  })
}

/**
 * What the sandbox's toolbox can do beyond the protocol; null where the target does not know the question. A stopped
 * sandbox has no toolbox to ask.
 */
export function capabilitiesQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: queryKeys.capabilities(target, sandboxId),
    queryFn: ({ signal }) =>
      readJson<Capabilities | null>(targetPath(target, 'sandboxes', sandboxId, 'capabilities'), signal),
    staleTime: 60_000,
  })
}

export function sessionsQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: queryKeys.sessions(target, sandboxId),
    queryFn: ({ signal }) => readJson<SessionSummary[]>(targetPath(target, 'sandboxes', sandboxId, 'sessions'), signal),
  })
}

/** One session with its commands, in the order in which they were sent. */
export function sessionQuery(target: string, sandboxId: string, sessionId: string) {
  return queryOptions({
    queryKey: queryKeys.session(target, sandboxId, sessionId),
    queryFn: ({ signal }) =>
      readJson<SessionDetail>(targetPath(target, 'sandboxes', sandboxId, 'sessions', sessionId), signal),
  })
}

/** What lives in a session now. Processes come and go without an event, so it is read whenever it is shown. */
export function sessionProcessesQuery(target: string, sandboxId: string, sessionId: string) {
  return queryOptions({
    queryKey: queryKeys.sessionProcesses(target, sandboxId, sessionId),
    queryFn: async ({ signal }) => {
      const path = targetPath(target, 'sandboxes', sandboxId, 'sessions', sessionId, 'processes')
      return (await readJson<{ processes: LiveProcess[] }>(path, signal)).processes
    },
    staleTime: 0,
    gcTime: 0,
  })
}

/** How often the process view looks again while it is seen: processes come and go without an event. */
const processesIntervalMs = 2_000

/** Everything that runs in a sandbox now. */
export function processesQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: queryKeys.processes(target, sandboxId),
    queryFn: ({ signal }) => readJson<ProcessTree>(targetPath(target, 'sandboxes', sandboxId, 'processes'), signal),
    refetchInterval: processesIntervalMs,
    staleTime: 0,
    gcTime: 0,
  })
}

/** Runs of a sandbox, newest first, a page at a time. */
export function runsQuery(target: string, sandboxId: string) {
  return infiniteQueryOptions({
    queryKey: queryKeys.runs(target, sandboxId),
    queryFn: ({ signal, pageParam }) => {
      const query = new URLSearchParams({
        limit: String(runPageSize),
        ...(pageParam === null ? {} : { before: pageParam }),
      })
      return readJson<RunPage>(`${targetPath(target, 'sandboxes', sandboxId, 'runs')}?${query}`, signal)
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  })
}

export function runQuery(target: string, sandboxId: string, runId: string) {
  return queryOptions({
    queryKey: queryKeys.run(target, sandboxId, runId),
    queryFn: ({ signal }) => readJson<RunDetail>(targetPath(target, 'sandboxes', sandboxId, 'runs', runId), signal),
  })
}
