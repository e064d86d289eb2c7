/** Searches for names and contents. A target may search for minutes, so that the first results are returned in time. */
import { z } from 'zod'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { fileMatchSchema } from '@/lib/process-api/files'
import { fileOperations } from '@/lib/process-api/operations/files'
import type { ContentResult, NameResult, SearchResult } from '@/lib/queries/file-search'
import { filePathSchema } from '@/lib/transfers/file-requests'
import { namePattern } from './name-pattern'
import { partialArray } from './partial-array'
import { parse } from './read-route'

export const pathQuerySchema = z.object({ path: filePathSchema })
const searchQuerySchema = z.object({ path: filePathSchema, text: z.string().min(1).max(1_000) })

/** The page waits 20 s at most, and shows at most so many rows. */
const searchTimeMs = 8_000
const maxBytes = 2 * 1024 * 1024
const maxItems = 2_000

interface SearchContext {
  sandboxId: string
  client: ProcessApiClient
  query: URLSearchParams
  signal: AbortSignal
}

export async function searchNames({ sandboxId, client, query, signal }: SearchContext): Promise<NameResult> {
  const { path, text } = parse(searchQuerySchema, Object.fromEntries(query))
  const input = { sandboxId, query: { path, pattern: namePattern(text) } }
  return await readInTime(signal, z.string(), (within) =>
    client.send(fileOperations.searchFiles, input, { signal: within, deadlineMs: searchTimeMs * 2 }),
  )
}

export async function searchContents({ sandboxId, client, query, signal }: SearchContext): Promise<ContentResult> {
  const { path, text } = parse(searchQuerySchema, Object.fromEntries(query))
  const input = { sandboxId, query: { path, pattern: text } }
  return await readInTime(signal, fileMatchSchema, (within) =>
    client.send(fileOperations.findInFiles, input, { signal: within, deadlineMs: searchTimeMs * 2 }),
  )
}

async function readInTime<Item>(
  signal: AbortSignal,
  schema: z.ZodType<Item>,
  open: (within: AbortSignal) => Promise<Response>,
): Promise<SearchResult<Item>> {
  const timeout = AbortSignal.timeout(searchTimeMs)
  const stop = new AbortController()
  let text = ''
  let ended: 'time' | 'size' | null = null
  try {
    const response = await open(AbortSignal.any([signal, timeout, stop.signal]))
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length <= maxBytes) continue
      ended = 'size'
      break
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!timeout.aborted) throw error
    ended = 'time'
  } finally {
    stop.abort()
  }
  const { items, whole } = partialArray(text)
  const shown = z.array(schema).parse(items.slice(0, maxItems))
  if (items.length > maxItems) ended = 'size'
  return { items: shown, ended: ended ?? (whole ? null : 'time') }
}
