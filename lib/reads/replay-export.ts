/** Exports of replays as files. Streamed from the target: neither the console nor the tab holds a whole recording. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { closeSignal } from '@/lib/edge/close-signal'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import { sandboxIdSchema } from '@/lib/process-api/ids'
import { CastError } from '@/lib/replay/cast-format'
import { CastSource } from '@/lib/replay/cast-source'
import {
  type ExportFormat,
  type ExportInfo,
  exportCast,
  exportFormats,
  exportHtml,
  exportText,
  type PlayerFiles,
} from '@/lib/replay/export'
import type { ReplayCursor, ReplayEvent } from '@/lib/replay/replay-event'
import type { ReplayRef } from '@/lib/replay/replay-ref'
import { sendBody, setFileHeaders } from '@/lib/transfers/file-download'
import {
  parseReplayRef,
  type ReplayRead,
  readCastPart,
  readReplayInfo,
  readReplayTimeline,
  readReplayWindow,
} from './replay'

export interface ReplayExport {
  target: string
  sandboxId: string
  ref: ReplayRef
  format: ExportFormat
}

const route = /^\/api\/targets\/([^/]+)\/sandboxes\/([^/]+)\/replay\/export$/

const windowBytes = 1024 * 1024
/** A browser opens a page of this length within seconds. */
const maxPageBytes = 64 * 1024 * 1024
/** The size of a terminal for output that was not written to one. */
const defaultGrid = { cols: 120, rows: 30 }

const extensions: Record<ExportFormat, string> = { cast2: 'cast', cast3: 'cast', text: 'txt', html: 'html' }

/**
 * The export that an address requests, or null for any other address.
 * @throws ApiError BAD_REQUEST for what is not valid
 */
export function matchExport(url: URL): ReplayExport | null {
  const match = route.exec(url.pathname)
  if (match === null) return null
  const [target = '', sandbox = ''] = match.slice(1).map(decoded)
  const sandboxId = sandboxIdSchema.safeParse(sandbox)
  const format = z.enum(exportFormats).safeParse(url.searchParams.get('format'))
  if (!sandboxId.success || !format.success) {
    throw new ApiError('BAD_REQUEST', 'The address of this export is not valid.')
  }
  return { target, sandboxId: sandboxId.data, ref: parseReplayRef(url.searchParams), format: format.data }
}

/**
 * Serves an export. If the target fails, the response is aborted, so that a partial file is never mistaken for a whole one.
 * @param root the folder with `dist/`
 * @throws ApiError, TargetError before anything was sent
 */
export async function serveExport(
  client: ProcessApiClient,
  request: ReplayExport,
  incoming: IncomingMessage,
  response: ServerResponse,
  root: string,
): Promise<void> {
  const { format } = request
  const signal = closeSignal(response)
  const { info, events } = await openExport({ ...request, client, signal })
  const parts =
    format === 'html'
      ? exportHtml(info, events, await readPlayer(root))
      : format === 'text'
        ? exportText(events)
        : exportCast(format === 'cast3' ? 3 : 2, info, events)
  setFileHeaders(response, `${fileName(info.title)}.${extensions[format]}`)
  await sendBody(incoming, response, Readable.from(parts), signal)
}

async function openExport(
  read: ReplayRead & { format: ExportFormat },
): Promise<{ info: ExportInfo; events: AsyncIterable<ReplayEvent> }> {
  const { title, startedAt, exitCode, bytes } = await readReplayInfo(read)
  if (read.format === 'html' && bytes > maxPageBytes) {
    throw new ApiError('BAD_REQUEST', 'Recordings up to 64 MB can become a page. Export this one as an asciicast file.')
  }
  if (read.ref.kind !== 'recording' && read.ref.kind !== 'file') {
    const info = { title, startedAt, exitCode, grid: defaultGrid, isPlainOutput: true }
    return { info, events: journalEvents(read, (await readReplayTimeline(read)).size) }
  }
  const reader = { size: bytes, read: (from: number, to: number) => readCastPart(read, from, to) }
  const source = await openCast(reader, read.signal)
  const { header } = source
  const info = {
    title: header.title ?? title,
    startedAt: header.startedAt ?? startedAt,
    exitCode: null,
    grid: header.grid,
    isPlainOutput: false,
  }
  return { info, events: cursorEvents(source.open(), read.signal) }
}

async function openCast(reader: Parameters<typeof CastSource.open>[0], signal: AbortSignal): Promise<CastSource> {
  try {
    return await CastSource.open(reader, signal, true)
  } catch (error) {
    if (error instanceof CastError) throw new ApiError('BAD_REQUEST', error.message, {}, { cause: error })
    throw error
  }
}

async function* cursorEvents(cursor: ReplayCursor, signal: AbortSignal): AsyncGenerator<ReplayEvent> {
  for (let batch = await cursor.next(signal); batch.length > 0; batch = await cursor.next(signal)) yield* batch
}

/** The output up to `size`, so that an export of what is running ends. */
async function* journalEvents(read: ReplayRead, size: number): AsyncGenerator<ReplayEvent> {
  let ms = 0
  for (let from = 0; from < size; ) {
    const { to, chunks } = await readReplayWindow(read, from, Math.min(from + windowBytes, size))
    if (to <= from) return
    for (const { stream, sinceStartMs, data } of chunks) {
      ms = Math.max(ms, sinceStartMs ?? 0)
      yield { kind: 'output', ms, data: Buffer.from(data, 'base64'), isStderr: stream === 'stderr' }
    }
    from = to
  }
}

let player: Promise<PlayerFiles> | null = null

function readPlayer(root: string): Promise<PlayerFiles> {
  player ??= loadPlayer(path.join(root, 'dist', 'replay'))
  player.catch(() => {
    player = null
  })
  return player
}

async function loadPlayer(folder: string): Promise<PlayerFiles> {
  const [script, style] = await Promise.all(
    ['player.js', 'player.css'].map((name) => readFile(path.join(folder, name), 'utf8')),
  )
  if (script === undefined || style === undefined) throw new Error('the player is not built')
  // Neither may end its element.
  if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) throw new Error('the player cannot stand in a page')
  return { script, style, scriptHash: `sha256-${createHash('sha256').update(script).digest('base64')}` }
}

/** A file name that is valid on every file system. */
function fileName(title: string): string {
  return (
    title
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[-.]+|-+$/g, '')
      .slice(0, 60) || 'recording'
  )
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return '' // invalid percent-encoding: the check that follows rejects it
  }
}
