/** Searches of the browser in a journal. The target searches, so no journal data passes through the console. */

import type { z } from 'zod'
import type { JournalRef } from '@/lib/live/protocol'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { journalPlaceSchema, journalSearchSchema } from '@/lib/process-api/extensions'
import { locateQuerySchema, overviewQuerySchema } from '@/lib/process-api/journal-lines'
import { matchingLinesQuerySchema, nextMatchQuerySchema } from '@/lib/process-api/journal-matches'
import { journalOf } from '@/lib/process-api/operations/journal'
import { parse } from './read-route'

/** A gigabyte takes about a second from memory, and longer from disk. */
const searchTimeoutMs = 60_000

/** A missing line index is built first, which takes seconds for a gigabyte. */
const indexTimeoutMs = 30_000

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

export async function overviewResponse({ client, ref, query, signal }: SearchContext) {
  const request = parse(overviewQuerySchema, Object.fromEntries(query))
  const options = { signal, deadlineMs: indexTimeoutMs }
  return await client.call(journalOf(ref).overview, { sandboxId: ref.sandboxId, query: request }, options)
}

export async function locationResponse({ client, ref, query, signal }: SearchContext) {
  const request = parse(locateQuerySchema, Object.fromEntries(query))
  const options = { signal, deadlineMs: indexTimeoutMs }
  return await client.call(journalOf(ref).locate, { sandboxId: ref.sandboxId, query: request }, options)
}

export async function nextMatchResponse({ client, ref, query, signal }: SearchContext) {
  const request = checked(nextMatchQuerySchema, query)
  const options = { signal, deadlineMs: searchTimeoutMs }
  return await client.call(journalOf(ref).next, { sandboxId: ref.sandboxId, query: request }, options)
}

export async function matchingLinesResponse({ client, ref, query, signal }: SearchContext) {
  const request = checked(matchingLinesQuerySchema, query)
  const options = { signal, deadlineMs: searchTimeoutMs }
  return await client.call(journalOf(ref).lines, { sandboxId: ref.sandboxId, query: request }, options)
}

/** The query as it is, once it is valid: the target reads it itself. */
function checked<Schema extends z.ZodType>(schema: Schema, query: URLSearchParams): z.input<Schema> {
  const given = Object.fromEntries(query)
  parse(schema, given)
  return given as z.input<Schema>
}
