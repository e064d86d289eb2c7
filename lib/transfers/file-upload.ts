/** Uploads of one file, streamed from the browser to the target without a copy in memory. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { closeSignal } from '@/lib/edge/close-signal'
import { type ProcessApiClient, targetHeaders } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { FileInfo } from '@/lib/process-api/files'
import { fileOperations } from '@/lib/process-api/operations/files'
import type { FileRequest } from './file-requests'
import { requestTarget, requireSuccess } from './target-request'

/** Name prefix of files that are still arriving. They lie beside their destination, on the same file system. */
export const partialPrefix = '.sandglass-upload-'

/** Serves an upload whose body is the bytes of the file. The response has the information about the stored file. */
export async function serveUpload(
  client: ProcessApiClient,
  { sandboxId, path, replace }: FileRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const signal = closeSignal(response)
  const length = Number(request.headers['content-length'])
  const upload = {
    sandboxId,
    path,
    replace,
    body: request,
    length: request.headers['content-length'] !== undefined && Number.isSafeInteger(length) ? length : null,
    signal,
  }
  const info = await storeUpload(client, upload).catch((error: unknown) => {
    // The browser cancelled and receives no response.
    if (signal.aborted) return null
    throw error
  })
  if (info === null) return
  response.setHeader('content-type', 'application/json')
  response.setHeader('cache-control', 'private, no-store')
  response.end(JSON.stringify(info))
}

interface Upload {
  sandboxId: string
  path: string
  replace: boolean
  body: Readable
  /** In bytes; null if unknown. */
  length: number | null
  signal: AbortSignal
}

/**
 * Stores the bytes under a temporary name and then moves them to `path`, so that a cancelled or failed upload leaves an
 * existing file as it was.
 * @throws ApiError CONFLICT if the path exists and may not be replaced, INVALID_FILE_PATH if it is a folder
 */
async function storeUpload(client: ProcessApiClient, upload: Upload): Promise<FileInfo> {
  const { sandboxId, path, replace, signal } = upload
  const existing = await fileInfoOrNull(client, sandboxId, path, signal)
  if (existing?.isDir) throw new ApiError('INVALID_FILE_PATH', 'A folder has this name already.')
  if (existing && !replace) throw new ApiError('CONFLICT', 'A file with this name already exists.')
  // A link stays a link: its target is written.
  const inPlace = typeof existing?.link === 'string'
  const destination = inPlace ? path : posix.join(posix.dirname(path), `${partialPrefix}${randomUUID()}`)
  try {
    await sendFile(client, { ...upload, path: destination })
    if (!inPlace) await moveInto(client, { sandboxId, path, existing, signal }, destination)
  } catch (error) {
    if (!inPlace) await removeQuietly(client, sandboxId, destination)
    throw error
  }
  return await client.call(fileOperations.getFileInfo, { sandboxId, query: { path, links: 'true' } }, { signal })
}

/** A move never replaces anything, so that an existing file is moved aside first, and back if the upload cannot follow. */
async function moveInto(
  client: ProcessApiClient,
  {
    sandboxId,
    path,
    existing,
    signal,
  }: { sandboxId: string; path: string; existing: FileInfo | null; signal: AbortSignal },
  source: string,
): Promise<void> {
  const move = (from: string, to: string) =>
    client.call(fileOperations.moveFile, { sandboxId, query: { source: from, destination: to } }, { signal })
  if (!existing) {
    await move(source, path)
    return
  }
  const mode = existing.permissions
  await client.call(fileOperations.setFilePermissions, { sandboxId, query: { path: source, mode } }, { signal })
  const aside = `${source}.old`
  await move(path, aside)
  try {
    await move(source, path)
  } catch (error) {
    await move(aside, path)
    throw error
  }
  await removeQuietly(client, sandboxId, aside)
}

/** Deletes an incomplete upload. The error of the upload is the one to report. */
export async function removeQuietly(client: ProcessApiClient, sandboxId: string, path: string): Promise<void> {
  await client.call(fileOperations.deleteFile, { sandboxId, query: { path } }).catch(() => undefined)
}

/** Information about a path; null if nothing is there. */
export async function fileInfoOrNull(
  client: ProcessApiClient,
  sandboxId: string,
  path: string,
  signal: AbortSignal,
): Promise<FileInfo | null> {
  try {
    return await client.call(fileOperations.getFileInfo, { sandboxId, query: { path, links: 'true' } }, { signal })
  } catch (error) {
    if (error instanceof ApiError && (error.code === 'FILE_NOT_FOUND' || error.code === 'NOT_FOUND')) return null
    throw error
  }
}

/**
 * Writes the bytes to exactly this path: creates missing folders, replaces what is there, follows a link.
 * @throws ApiError for what the target refused, such as INSUFFICIENT_STORAGE
 */
export async function sendFile(
  client: ProcessApiClient,
  { sandboxId, path, body, length, signal }: Omit<Upload, 'replace'>,
): Promise<void> {
  const url = new URL(`${await client.toolboxUrlOf(sandboxId, { signal })}/files/upload`)
  url.searchParams.set('path', path)
  const boundary = `sandglass-${randomUUID()}`
  const head = Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="file"\r\ncontent-type: application/octet-stream\r\n\r\n`,
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  const response = await requestTarget(url, {
    method: 'POST',
    headers: {
      ...targetHeaders(client.endpoint.apiKey),
      'content-type': `multipart/form-data; boundary=${boundary}`,
      ...(length === null ? {} : { 'content-length': String(head.length + length + tail.length) }),
    },
    body: Readable.from(form(head, body, tail), { objectMode: false }),
    signal,
  })
  await requireSuccess(response)
}

async function* form(head: Buffer, body: Readable, tail: Buffer): AsyncGenerator<Buffer> {
  yield head
  for await (const chunk of body) yield chunk
  yield tail
}
