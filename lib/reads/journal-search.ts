/** Searches of the browser in a journal. The target searches, so no journal data passes through the console. */
import type { JournalRef } from '@/lib/live/protocol'
import { executionPath, type ProcessApiClient } from '@/lib/process-api/client'
import { journalPlaceSchema, journalSearchSchema } from '@/lib/process-api/extensions'
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
  const options = { signal, deadlineMs: searchTimeoutMs }
  return { offset: await client.searchJournal(ref.sandboxId, executionPath(ref), request, options) }
}

export async function positionResponse({ client, ref, query, signal }: SearchContext) {
  const request = parse(journalPlaceSchema, Object.fromEntries(query))
  return { offset: await client.journalPlace(ref.sandboxId, executionPath(ref), request, { signal }) }
}
