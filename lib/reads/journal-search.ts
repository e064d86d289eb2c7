/** Searches of the browser in a journal. The target searches, so no journal data passes through the console. */

import type { JournalRef } from '@/lib/live/protocol'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { journalPlaceSchema, journalSearchSchema } from '@/lib/process-api/extensions'
import { journalOf } from '@/lib/process-api/operations/journal'
import { parse } from './read-route'

/** A gigabyte takes about a second from memory, and longer from disk. */
const searchTimeoutMs = 60_000

interface SearchContext {
  client: ProcessApiClient
  ref: JournalRef
  query: URLSearchParams
  signal: AbortSignal
}

export async function searchResponse({ client, ref, query, signal }: SearchContext) {
  const request = parse(journalSearchSchema, Object.fromEntries(query))
  const flag = (value: boolean) => (value ? '1' : '0')
  const search = { ...request, case: flag(request.case), word: flag(request.word) } as const
  const options = { signal, deadlineMs: searchTimeoutMs }
  return await client.call(journalOf(ref).search, { sandboxId: ref.sandboxId, query: search }, options)
}

export async function positionResponse({ client, ref, query, signal }: SearchContext) {
  const request = parse(journalPlaceSchema, Object.fromEntries(query))
  return await client.call(journalOf(ref).place, { sandboxId: ref.sandboxId, query: request }, { signal })
}
