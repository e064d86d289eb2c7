/** Places in a journal, asked for by the browser and found by the target: nothing of the journal comes through here. */
import type { JournalRef } from '@/lib/live/protocol'
import { executionPath, type ProcessApiClient } from '@/lib/process-api/client'
import { journalPlaceSchema, journalSearchSchema } from '@/lib/process-api/extensions'
import { parse } from './read-route'

/** A gigabyte takes a second where it is in memory, and some more where it is not. */
const searchTimeoutMs = 60_000

interface SearchContext {
  client: ProcessApiClient
  ref: JournalRef
  query: URLSearchParams
  signal: AbortSignal
}

export async function searchResponse({ client, ref, query, signal }: SearchContext) {
  const asked = parse(journalSearchSchema, Object.fromEntries(query))
  const options = { signal, deadlineMs: searchTimeoutMs }
  return { offset: await client.searchJournal(ref.sandboxId, executionPath(ref), asked, options) }
}

export async function positionResponse({ client, ref, query, signal }: SearchContext) {
  const asked = parse(journalPlaceSchema, Object.fromEntries(query))
  return { offset: await client.journalPlace(ref.sandboxId, executionPath(ref), asked, { signal }) }
}
