/**
 * Query options for TanStack Query, one function per read route. These reads fill the cache the first time and after a
 * gap; live events keep it fresh. The result type of a read is the type of its cache entry.
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Chart } from '@/lib/process-api/charts'
import type { Capabilities, LiveProcess, RunDetail, RunPage } from '@/lib/process-api/extensions'
import type { ContextDetail, InterpreterContext } from '@/lib/process-api/interpreter'
import type { PortListener } from '@/lib/process-api/ports'
import type { SessionDetail, SessionSummary } from '@/lib/process-api/process'
import type { ProcessTree } from '@/lib/process-api/process-tree'
import type { PtyDetail, PtyRecording } from '@/lib/process-api/pty'
import type { SandboxDto, SandboxListItem, SandboxPage } from '@/lib/process-api/sandbox'
import type { SnapshotDto } from '@/lib/process-api/snapshots'
import type { SandboxUsage } from '@/lib/process-api/usage'
import { queryKeys } from './query-keys'
import { readJson, targetPath } from './read'

/** Sandboxes per request of the list, and the maximum number of requests. */
export const sandboxPageSize = 200
const maxSandboxPages = 50
/** Runs per page of the history. */
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
    const response: SandboxPage = await readJson(`${targetPath(target, 'sandboxes')}?${query}`, signal)
    all.push(...response.items)
    cursor = response.nextCursor
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
 * Extensions of the sandbox's toolbox; null if the target has none. A stopped sandbox has no toolbox, so its
 * capabilities cannot be read.
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

/** The running processes of a session. There are no events for processes, so they are read whenever they are shown. */
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

/** Refetch interval of the Processes page while it is visible, because there are no events for processes. */
const processesIntervalMs = 2_000

/** All processes of a sandbox. */
export function processesQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: queryKeys.processes(target, sandboxId),
    queryFn: ({ signal }) => readJson<ProcessTree>(targetPath(target, 'sandboxes', sandboxId, 'processes'), signal),
    refetchInterval: processesIntervalMs,
    staleTime: 0,
    gcTime: 0,
  })
}

/** Refetch interval of the ports of a sandbox while one of its pages is visible. */
const portsIntervalMs = 3_000

/** Listening ports of a sandbox. */
export function portsQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: queryKeys.ports(target, sandboxId),
    queryFn: ({ signal }) => readJson<PortListener[]>(targetPath(target, 'sandboxes', sandboxId, 'ports'), signal),
    refetchInterval: portsIntervalMs,
  })
}

/** Refetch interval of the usage of a sandbox while its page is visible. */
const usageIntervalMs = 3_000

/** What a sandbox uses now. */
export function usageQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: queryKeys.usage(target, sandboxId),
    queryFn: ({ signal }) => readJson<SandboxUsage>(targetPath(target, 'sandboxes', sandboxId, 'usage'), signal),
    refetchInterval: usageIntervalMs,
    staleTime: 0,
    gcTime: 0,
  })
}

/** Snapshots that were created from a sandbox, newest first. */
export function snapshotsQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: queryKeys.snapshots(target, sandboxId),
    queryFn: ({ signal }) => readJson<SnapshotDto[]>(targetPath(target, 'sandboxes', sandboxId, 'snapshots'), signal),
  })
}

/** An interpreter context, with its state where the target reports one. */
export type ContextEntry = InterpreterContext & { detail: ContextDetail | null }

/** Interpreter contexts of a sandbox, the default one first. */
export function contextsQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: queryKeys.contexts(target, sandboxId),
    queryFn: ({ signal }) => readJson<ContextEntry[]>(targetPath(target, 'sandboxes', sandboxId, 'contexts'), signal),
  })
}

/** Refetch interval of the terminals of a target that does not report their changes. */
const ptysIntervalMs = 3_000

/**
 * The open terminals of a sandbox.
 * @param hasEvents the target reports changes, so that the list need not be read again
 */
export function ptysQuery(target: string, sandboxId: string, hasEvents: boolean) {
  return queryOptions({
    queryKey: queryKeys.ptys(target, sandboxId),
    queryFn: ({ signal }) => readJson<PtyDetail[]>(targetPath(target, 'sandboxes', sandboxId, 'ptys'), signal),
    refetchInterval: hasEvents ? false : ptysIntervalMs,
  })
}

/** Recordings of the terminals of a sandbox, newest first. There are no events for recordings. */
export function recordingsQuery(target: string, sandboxId: string) {
  return queryOptions({
    queryKey: queryKeys.recordings(target, sandboxId),
    queryFn: ({ signal }) => readJson<PtyRecording[]>(targetPath(target, 'sandboxes', sandboxId, 'recordings'), signal),
    staleTime: 0,
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

/** A run with all of its code or command. `runQuery` has the beginning of it. */
export function wholeRunQuery(target: string, sandboxId: string, runId: string) {
  return queryOptions({
    queryKey: [...queryKeys.run(target, sandboxId, runId), 'whole'] as const,
    queryFn: ({ signal }) =>
      readJson<RunDetail>(`${targetPath(target, 'sandboxes', sandboxId, 'runs', runId)}?whole`, signal),
    // It may be tens of megabytes, and is used once.
    gcTime: 0,
  })
}

/** Refetch interval of charts while their run is running, because there are no events for charts. */
const chartsIntervalMs = 3_000

/** The charts of a run. @param ended whether the run has ended: there are no more charts then */
export function chartsQuery(target: string, sandboxId: string, runId: string, ended: boolean) {
  return queryOptions({
    queryKey: queryKeys.charts(target, sandboxId, runId, ended),
    queryFn: ({ signal }) =>
      readJson<Chart[]>(targetPath(target, 'sandboxes', sandboxId, 'runs', runId, 'charts'), signal),
    refetchInterval: ended ? false : chartsIntervalMs,
    staleTime: ended ? Number.POSITIVE_INFINITY : 0,
  })
}
