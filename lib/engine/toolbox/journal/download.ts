/** `…/journal/download`: the exact recorded bytes of both streams or of one. */
import { closeSync, createReadStream } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { JournalStream } from '@/lib/process-api/extensions'
import { writeChunk } from '../../http/reply'
import { sendExactly } from '../../http/send-exactly'
import { sendUnbuffered } from '../../http/streaming'
import type { Journal } from './journal'
import type { JournalChunk } from './journal-chunk'
import { streamSize } from './stream-offset'

/** @param rangeHeader used only for both streams together; the bytes of one stream are not contiguous on disk */
export async function sendDownload(
  response: ServerResponse,
  journal: Journal,
  stream: JournalStream | undefined,
  rangeHeader: string | undefined,
): Promise<void> {
  const name = stream ? `${journal.id}-${stream}.log` : `${journal.id}.log`
  sendUnbuffered(response)
  response.setHeader('content-type', 'application/octet-stream')
  response.setHeader('content-disposition', `attachment; filename="${name}"`)
  if (stream) await sendOneStream(response, journal, stream)
  else await sendWhole(response, journal, rangeHeader)
}

async function sendOneStream(response: ServerResponse, journal: Journal, stream: JournalStream): Promise<void> {
  const bytes = bytesOf(journal.read({ stream }))
  if (journal.hasCountedStreams) {
    const length = streamSize(journal, stream)
    response.writeHead(200, { 'content-length': length })
    await sendExactly(response, length, bytes)
    return
  }
  for await (const chunk of bytes) if (!(await writeChunk(response, chunk))) return
  response.end()
}

async function* bytesOf(chunks: AsyncIterable<JournalChunk>): AsyncGenerator<Uint8Array> {
  for await (const { data } of chunks) yield data
}

async function sendWhole(response: ServerResponse, journal: Journal, rangeHeader: string | undefined): Promise<void> {
  await sendRange(response, journal.openData(), journal.size, rangeHeader)
}

/**
 * Sends the first `size` bytes of a file, or the requested range of them, and closes it.
 * @param fd null where there are no bytes
 */
export async function sendRange(
  response: ServerResponse,
  fd: number | null,
  size: number,
  rangeHeader: string | undefined,
): Promise<void> {
  const range = parseRange(rangeHeader, size)
  response.setHeader('accept-ranges', 'bytes')
  if (range === 'unsatisfiable') {
    if (fd !== null) closeSync(fd)
    response.writeHead(416, { 'content-range': `bytes */${size}`, 'content-length': 0 })
    response.end()
    return
  }
  const { start, end } = range ?? { start: 0, end: size - 1 }
  response.writeHead(range ? 206 : 200, {
    'content-length': end - start + 1,
    ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
  })
  if (fd === null || size === 0) {
    if (fd !== null) closeSync(fd)
    response.end()
    return
  }
  try {
    await pipeline(createReadStream('', { fd, start, end, highWaterMark: 256 * 1024 }), response)
  } catch (error) {
    // A client may disconnect half-way.
    if (!response.destroyed) throw error
  }
}

/** Parse one `bytes` range; null if there is none, or one that servers may ignore (several ranges, other units). */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return null
  if (match[1] === '') {
    const length = Math.min(Number(match[2]), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const start = Number(match[1])
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (match[2] !== '' && Number(match[2]) < start) return null
  return start >= size ? 'unsatisfiable' : { start, end }
}
