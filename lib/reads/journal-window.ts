/** A window of a journal for the browser: from the target if it has journals, else cut out of the complete log. */

import type { JournalRef } from '@/lib/live/protocol'
import type { ProcessApiClient } from '@/lib/process-api/client'
import {
  type JournalQuery,
  type JournalWindow,
  journalQuerySchema,
  maxJournalWindow,
} from '@/lib/process-api/extensions'
import type { MarkedPiece } from '@/lib/process-api/log-markers'
import { journalOf } from '@/lib/process-api/operations/journal'
import { readPlainLog } from '@/lib/target-data/plain-log'
import { hasJournals } from '@/lib/targets/capability-cache'
import { parse } from './read-route'

interface WindowContext {
  target: string
  client: ProcessApiClient
  ref: JournalRef
  query: URLSearchParams
  signal: AbortSignal
}

/** The window as a JSON response. A window of the target is streamed through, because it may be megabytes long. */
export async function journalResponse({ target, client, ref, query, signal }: WindowContext): Promise<Response> {
  const range = parse(journalQuerySchema, Object.fromEntries(query))
  const headers = { 'content-type': 'application/json', 'cache-control': 'private, no-store' }
  if (await hasJournals(target, client, ref.sandboxId)) {
    const window = await client.send(journalOf(ref).read, { sandboxId: ref.sandboxId, query: range }, { signal })
    return new Response(window.body, { headers })
  }
  return Response.json(await cutWindow(readPlainLog(target, client, ref, signal), range), { headers })
}

/** Cuts a window out of a complete log while it is streamed, so that memory holds only the window. */
export async function cutWindow(log: AsyncIterable<MarkedPiece>, query: JournalQuery): Promise<JournalWindow> {
  const tail = query.tail === undefined ? null : Math.min(query.tail, maxJournalWindow)
  const start = query.from ?? 0
  const stop = Math.min(query.to ?? Number.POSITIVE_INFINITY, start + maxJournalWindow)
  const chunks: MarkedPiece[] = []
  let size = 0
  let bufferedBytes = 0
  for await (const chunk of log) {
    size = chunk.offset + chunk.data.byteLength
    if (tail === null) {
      if (size > start && chunk.offset < stop) chunks.push(slice(chunk, start, stop))
      continue
    }
    chunks.push(chunk)
    bufferedBytes += chunk.data.byteLength
    while (chunks[0] && bufferedBytes - chunks[0].data.byteLength >= tail)
      bufferedBytes -= chunks.shift()?.data.byteLength ?? 0
  }
  const from = tail === null ? Math.min(start, size) : Math.max(0, size - tail)
  const to = Math.max(from, Math.min(tail === null ? stop : size, size))
  const requestedTo = Math.min(query.to ?? size, size)
  return {
    size,
    from,
    to,
    truncated: tail === null ? to < requestedTo : query.tail !== undefined && query.tail > tail && from > 0,
    droppedBytes: 0,
    chunks: chunks
      .filter((chunk) => query.stream === undefined || chunk.stream === query.stream)
      .map((chunk) => slice(chunk, from, to))
      .filter((chunk) => chunk.data.byteLength > 0)
      .map(({ offset, stream, data }) => ({
        offset,
        stream,
        wallMs: null,
        sinceStartMs: null,
        data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
      })),
  }
}

/** The part of a chunk between two offsets. */
export function slice(chunk: MarkedPiece, from: number, to: number): MarkedPiece {
  const skip = Math.max(0, from - chunk.offset)
  const data = chunk.data.subarray(skip, Math.max(skip, to - chunk.offset))
  return { stream: chunk.stream, offset: chunk.offset + skip, data }
}
