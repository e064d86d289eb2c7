/** Responses to searches of a journal: counts while they are found, single matches, and matching lines. */
import type { ServerResponse } from 'node:http'
import { closeSignal } from '@/lib/edge/close-signal'
import type {
  LineFilter,
  MatchesMessage,
  MatchesQuery,
  MatchingLines,
  MatchingLinesQuery,
  NextMatchQuery,
} from '@/lib/process-api/journal-matches'
import { writeChunk } from '../../../http/reply'
import { sendUnbuffered } from '../../../http/streaming'
import type { Journal } from '../journal'
import type { ScannedLines } from './messages'
import { type ScanEvent, startScan } from './scanner'

/** Bytes of a line that are returned as text. */
const maxTextBytes = 4096
const separator = Buffer.from('--\n')

/** Send counts and positions, one JSON text in each line, while they are found. */
export async function sendMatches(
  response: ServerResponse,
  journal: Journal,
  query: MatchesQuery,
  assetsDir: string,
): Promise<void> {
  const task = { kind: 'count', limit: query.limit, buckets: query.buckets } as const
  const { size, replies } = await startScan(journal, { filter: query, task, assetsDir, signal: closeSignal(response) })
  sendUnbuffered(response)
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  for await (const reply of replies) {
    const message = messageOf(reply, size)
    if (message && !(await writeChunk(response, Buffer.from(`${JSON.stringify(message)}\n`)))) return
  }
  response.end()
}

function messageOf(reply: ScanEvent, size: number): MatchesMessage | null {
  if (reply.type === 'progress') return { ...reply, size }
  if (reply.type === 'hits') return reply
  if (reply.type === 'lines') return null
  const { lines, searched, buckets, complete } = reply
  return { type: 'end', lines, searched, size, buckets, complete }
}

/** Offset of the next or previous match; null if there is none. */
export async function findMatch(
  journal: Journal,
  query: NextMatchQuery,
  assetsDir: string,
  signal: AbortSignal,
): Promise<number | null> {
  const isForward = query.direction === 'forward'
  const from = query.from ?? (isForward ? 0 : Number.MAX_SAFE_INTEGER)
  const task = isForward ? ({ kind: 'first', from } as const) : ({ kind: 'last', before: from } as const)
  const { replies } = await startScan(journal, {
    filter: query,
    task,
    assetsDir,
    signal,
    ...(isForward ? { from } : {}),
  })
  for await (const reply of replies) if (reply.type === 'end') return reply.found
  return null
}

/** One page of matching lines, with their context and numbers. */
export async function readMatchingLines(
  journal: Journal,
  query: MatchingLinesQuery,
  assetsDir: string,
  signal: AbortSignal,
): Promise<MatchingLines> {
  // One more line shows whether there is another page.
  const task = { kind: 'lines', limit: query.limit + 1, context: query.context } as const
  const { positions, replies } = await startScan(journal, {
    filter: query,
    task,
    assetsDir,
    signal,
    ...(query.from === undefined ? {} : { from: query.from }),
  })
  const lines: MatchingLines['lines'] = []
  let matching = 0
  let next: number | null = null
  for await (const reply of replies) {
    if (reply.type !== 'lines') continue
    for (const { offset, matches, bytes } of linesOf(reply)) {
      if (matches) matching += 1
      if (matching > query.limit) {
        next ??= offset
        continue
      }
      const line = await positions.lineAt(offset)
      lines.push({ line, offset, text: textOf(bytes), matches })
    }
  }
  return { lines, next }
}

/** Download the matching lines; groups with context are separated by `--`, as by grep. */
export async function sendFiltered(
  response: ServerResponse,
  journal: Journal,
  filter: LineFilter & { context: number },
  assetsDir: string,
): Promise<void> {
  const task = { kind: 'lines', limit: Number.MAX_SAFE_INTEGER, context: filter.context } as const
  const { replies } = await startScan(journal, { filter, task, assetsDir, signal: closeSignal(response) })
  sendUnbuffered(response)
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${journal.id}-matching.log"`,
  })
  let end: number | null = null
  let isFinished = true
  for await (const reply of replies) {
    if (reply.type !== 'lines') continue
    isFinished = reply.bytes.at(-1) === 10
    const parts: Uint8Array[] = []
    if (filter.context === 0) parts.push(reply.bytes)
    else {
      for (const { offset, bytes } of linesOf(reply)) {
        if (end !== null && offset !== end) parts.push(separator)
        parts.push(bytes)
        end = offset + bytes.length
      }
    }
    if (!(await writeChunk(response, Buffer.concat(parts)))) return
  }
  // As grep does, so that counting line feeds counts lines.
  response.end(isFinished ? undefined : '\n')
}

function* linesOf({ bytes, offsets, starts, matches }: ScannedLines) {
  for (const [index, offset] of offsets.entries()) {
    const line = bytes.subarray(starts[index], starts[index + 1] ?? bytes.length)
    yield { offset, matches: matches[index] ?? false, bytes: line }
  }
}

function textOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, maxTextBytes)).toString('utf8')
  return text.replace(/\r?\n$/, '')
}
