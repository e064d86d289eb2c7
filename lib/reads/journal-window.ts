/** A window of a journal for the browser: the target's own where it has journals, else cut out of the whole log. */

import type { JournalRef } from '@/lib/live/protocol'
import { executionPath, type ProcessApiClient } from '@/lib/process-api/client'
import {
  type JournalQuery,
  type JournalWindow,
  journalQuerySchema,
  maxJournalWindow,
} from '@/lib/process-api/extensions'
import type { MarkedPiece } from '@/lib/process-api/log-markers'
import { hasJournals } from '@/lib/targets/capability-cache'
import { readPlainLog } from './plain-log'
import { parse } from './read-route'

interface WindowContext {
  target: string
  client: ProcessApiClient
  ref: JournalRef
  query: URLSearchParams
  signal: AbortSignal
}

/** The window as a JSON answer. A target's own window is passed on as it comes: it may be megabytes long. */
export async function journalResponse({ target, client, ref, query, signal }: WindowContext): Promise<Response> {
  const asked = parse(journalQuerySchema, Object.fromEntries(query))
  const headers = { 'content-type': 'application/json', 'cache-control': 'private, no-store' }
  if (await hasJournals(target, client, ref.sandboxId)) {
    const window = await client.journalWindow(ref.sandboxId, executionPath(ref), asked, { signal })
    return new Response(window.body, { headers })
  }
  return Response.json(await cutWindow(readPlainLog(target, client, ref, signal), asked), { headers })
}

/** Cut a window out of a whole log while it streams by; memory holds the window and no more. */
export async function cutWindow(log: AsyncIterable<MarkedPiece>, asked: JournalQuery): Promise<JournalWindow> {
  const tail = asked.tail === undefined ? null : Math.min(asked.tail, maxJournalWindow)
  const start = asked.from ?? 0
  const stop = Math.min(asked.to ?? Number.POSITIVE_INFINITY, start + maxJournalWindow)
  const pieces: MarkedPiece[] = []
  let size = 0
  let bufferedBytes = 0
  for await (const piece of log) {
    size = piece.offset + piece.data.byteLength
    if (tail === null) {
      if (size > start && piece.offset < stop) pieces.push(slice(piece, start, stop))
      continue
    }
    pieces.push(piece)
    bufferedBytes += piece.data.byteLength
    while (pieces[0] && bufferedBytes - pieces[0].data.byteLength >= tail)
      bufferedBytes -= pieces.shift()?.data.byteLength ?? 0
  }
  const from = tail === null ? Math.min(start, size) : Math.max(0, size - tail)
  const to = Math.max(from, Math.min(tail === null ? stop : size, size))
  const wantedTo = Math.min(asked.to ?? size, size)
  return {
    size,
    from,
    to,
    truncated: tail === null ? to < wantedTo : asked.tail !== undefined && asked.tail > tail && from > 0,
    droppedBytes: 0,
    chunks: pieces
      .filter((piece) => asked.stream === undefined || piece.stream === asked.stream)
      .map((piece) => slice(piece, from, to))
      .filter((piece) => piece.data.byteLength > 0)
      .map(({ offset, stream, data }) => ({
        offset,
        stream,
        wallMs: null,
        sinceStartMs: null,
        data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
      })),
  }
}

/** The part of a piece between two offsets. */
export function slice(piece: MarkedPiece, from: number, to: number): MarkedPiece {
  const skip = Math.max(0, from - piece.offset)
  const data = piece.data.subarray(skip, Math.max(skip, to - piece.offset))
  return { stream: piece.stream, offset: piece.offset + skip, data }
}
