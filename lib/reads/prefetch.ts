/**
 * Reads on the server for the browser's query cache, so that the first paint has content. Failed and slow reads are left
 * out: the browser repeats them and shows the error.
 */
import { visibleText } from '@/lib/display/visible-text'
import 'server-only'
import { type DehydratedState, dehydrate, QueryClient, type QueryKey } from '@tanstack/react-query'
import { authorize } from '@/lib/auth/caller'
import { requireCaller } from '@/lib/auth/current-session'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { maxShownRunText } from '@/lib/process-api/text-head'
import { queryKeys } from '@/lib/queries/query-keys'
import { runPageSize, sandboxPageSize } from '@/lib/queries/reads'
import { getRun, listRuns } from '@/lib/target-data/runs'
import { targets } from '@/lib/targets/registry'

/** How long a page waits for its prefetched content before it is sent without it. */
const prefetchTimeoutMs = 400

interface Prefetch {
  key: (target: string) => QueryKey
  read: (client: ProcessApiClient, signal: AbortSignal, target: string) => Promise<unknown>
}

/** Runs all reads in parallel. Reads nothing without a session. */
export async function prefetch(target: string, ...reads: Prefetch[]): Promise<DehydratedState> {
  const results = await withTimeout(target, (client, signal) =>
    Promise.allSettled(reads.map(({ read }) => read(client, signal, target))),
  )
  const cache = new QueryClient()
  results?.forEach((result, index) => {
    const key = reads[index]?.key(target)
    if (key && result.status === 'fulfilled') cache.setQueryData(key, result.value)
  })
  return dehydrate(cache)
}

/** Name of a sandbox for page titles; the start of its id if it cannot be read now. */
export async function sandboxTitle(target: string, sandboxId: string): Promise<string> {
  const sandbox = await withTimeout(target, (client, signal) =>
    client.call(sandboxOperations.getSandbox, { id: sandboxId }, { signal }),
  )
  return visibleText(sandbox?.name ?? sandboxId.slice(0, 8))
}

/** Null without a session, without an engine, or after the timeout: the browser's own read shows the error. */
async function withTimeout<Result>(
  target: string,
  work: (client: ProcessApiClient, signal: AbortSignal) => Promise<Result>,
): Promise<Result | null> {
  try {
    authorize(await requireCaller(), 'sandbox.list')
    return await work(targets().client(target), AbortSignal.timeout(prefetchTimeoutMs))
  } catch {
    return null
  }
}

/** All sandboxes if they fit into one request; longer lists are read by the browser. */
export const prefetchSandboxes: Prefetch = {
  key: queryKeys.sandboxes,
  async read(client, signal) {
    const page = await client.call(sandboxOperations.listSandboxes, { query: { limit: sandboxPageSize } }, { signal })
    if (page.nextCursor !== null) throw new Error('the list has more than one page')
    return page.items
  },
}

export function prefetchSandbox(sandboxId: string): Prefetch {
  return {
    key: (target) => queryKeys.sandbox(target, sandboxId),
    read: (client, signal) => client.call(sandboxOperations.getSandbox, { id: sandboxId }, { signal }),
  }
}

/** The first page of the history. */
export function prefetchRuns(sandboxId: string): Prefetch {
  return {
    key: (target) => queryKeys.runs(target, sandboxId),
    read: async (client, signal, target) => ({
      pages: [await listRuns({ target, client, sandboxId }, { limit: runPageSize }, { signal })],
      pageParams: [null],
    }),
  }
}

export function prefetchRun(sandboxId: string, runId: string): Prefetch {
  return {
    key: (target) => queryKeys.run(target, sandboxId, runId),
    read: (client, signal, target) =>
      getRun({ target, client, sandboxId }, runId, { signal, textLimit: maxShownRunText }),
  }
}
