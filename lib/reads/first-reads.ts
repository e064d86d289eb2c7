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
import { listLimit, runLimit } from '@/lib/queries/reads'
import { targets } from '@/lib/targets/registry'
import { getRun, listRuns } from './runs'

/** A page waits this long for its first content, then goes out without it. */
const deadlineMs = 400

interface FirstRead {
  key: (target: string) => QueryKey
  read: (client: ProcessApiClient, signal: AbortSignal, target: string) => Promise<unknown>
}

/** Reads all at once. Reads nothing for somebody who is not signed in. */
export async function firstReads(target: string, ...reads: FirstRead[]): Promise<DehydratedState> {
  const answers = await inTime(target, (client, signal) =>
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
  const sandbox = await inTime(target, (client, signal) => client.getSandbox(sandboxId, { signal }))
  return visibleText(sandbox?.name ?? sandboxId.slice(0, 8))
}

/** Null where nobody is signed in, no engine is there yet, or it is slow: the browser's own read says so. */
async function inTime<Answer>(
  target: string,
  work: (client: ProcessApiClient, signal: AbortSignal) => Promise<Answer>,
): Promise<Answer | null> {
  try {
    await requireSession()
    return await work(targets().client(target), AbortSignal.timeout(deadlineMs))
  } catch {
    return null
  }
}

/** All sandboxes; only where they fit into one request, as a longer list is the browser's to gather. */
export const sandboxesRead: FirstRead = {
  key: queryKeys.sandboxes,
  async read(client, signal) {
    const page = await client.listSandboxes({ limit: listLimit }, { signal })
    if (page.nextCursor !== null) throw new Error('the list has more than one page')
    return page.items
  },
}

export function sandboxRead(sandboxId: string): FirstRead {
  return {
    key: (target) => queryKeys.sandbox(target, sandboxId),
    read: (client, signal) => client.getSandbox(sandboxId, { signal }),
  }
}

/** The first page of the history. */
export function runsRead(sandboxId: string): FirstRead {
  return {
    key: (target) => queryKeys.runs(target, sandboxId),
    read: async (client, signal, target) => ({
      pages: [await listRuns({ target, client, sandboxId }, { limit: runLimit }, { signal })],
      pageParams: [null],
    }),
  }
}

export function runRead(sandboxId: string, runId: string): FirstRead {
  return {
    key: (target) => queryKeys.run(target, sandboxId, runId),
    read: (client, signal, target) => getRun({ target, client, sandboxId }, runId, { signal }),
  }
}
