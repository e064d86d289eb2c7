/**
 * What a page shows first, read on the server and handed to the browser's query cache, so that the first paint has
 * content. A read that fails or is slow is left out: the browser reads it again and says what is wrong.
 */
import { visibleText } from '@/lib/display/visible-text'
import 'server-only'
import { type DehydratedState, dehydrate, QueryClient, type QueryKey } from '@tanstack/react-query'
import { requireSession } from '@/lib/auth/current-session'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { queryKeys } from '@/lib/queries/query-keys'
import { runPageSize, sandboxPageSize } from '@/lib/queries/reads'
import { targets } from '@/lib/targets/registry'
import { getRun, listRuns } from './runs'

/** A page waits this long for its first content, then goes out without it. */
const prefetchTimeoutMs = 400

interface Prefetch {
  key: (target: string) => QueryKey
  read: (client: ProcessApiClient, signal: AbortSignal, target: string) => Promise<unknown>
}

/** Reads all at once. Reads nothing for somebody who is not signed in. */
export async function prefetch(target: string, ...reads: Prefetch[]): Promise<DehydratedState> {
  const answers = await withTimeout(target, (client, signal) =>
    Promise.allSettled(reads.map(({ read }) => read(client, signal, target))),
  )
  const cache = new QueryClient()
  answers?.forEach((answer, index) => {
    const key = reads[index]?.key(target)
    if (key && answer.status === 'fulfilled') cache.setQueryData(key, answer.value)
  })
  return dehydrate(cache)
}

/** Name of a sandbox for the title of its pages; the start of its id where it cannot be read now. */
export async function sandboxTitle(target: string, sandboxId: string): Promise<string> {
  const sandbox = await withTimeout(target, (client, signal) => client.getSandbox(sandboxId, { signal }))
  return visibleText(sandbox?.name ?? sandboxId.slice(0, 8))
}

/** Null where nobody is signed in, no engine is there yet, or it is slow: the browser's own read says so. */
async function withTimeout<Answer>(
  target: string,
  work: (client: ProcessApiClient, signal: AbortSignal) => Promise<Answer>,
): Promise<Answer | null> {
  try {
    await requireSession()
    return await work(targets().client(target), AbortSignal.timeout(prefetchTimeoutMs))
  } catch {
    return null
  }
}

/** All sandboxes; only where they fit into one request, as a longer list is the browser's to gather. */
export const prefetchSandboxes: Prefetch = {
  key: queryKeys.sandboxes,
  async read(client, signal) {
    const page = await client.listSandboxes({ limit: sandboxPageSize }, { signal })
    if (page.nextCursor !== null) throw new Error('the list has more than one page')
    return page.items
  },
}

export function prefetchSandbox(sandboxId: string): Prefetch {
  return {
    key: (target) => queryKeys.sandbox(target, sandboxId),
    read: (client, signal) => client.getSandbox(sandboxId, { signal }),
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
    read: (client, signal, target) => getRun({ target, client, sandboxId }, runId, { signal }),
  }
}
