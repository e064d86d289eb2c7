/**
 * Downloads of a folder as `.tar.gz`, made while it is sent: the folder is listed and its files are read one by one, so
 * that neither the console nor the sandbox stores the archive. Only operations of the plain protocol are needed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { closeSignal } from '@/lib/edge/close-signal'
import { type ProcessApiClient, watchingHeaders } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { FileInfo } from '@/lib/process-api/files'
import { fileOperations } from '@/lib/process-api/operations/files'
import { refusal } from '@/lib/process-api/refusal'
import { sendBody, setFileHeaders } from './file-download'
import { type FileRequest, nameOf } from './file-requests'
import { padding, type TarEntry, tarEnd, tarHeader } from './tar'
import { readText, requestTarget } from './target-request'

/** A target that does not report links might lead around in circles. */
const maxDepth = 40

/**
 * Serves the archive. What cannot be read is left out and listed in a last entry, `<folder>.left-out.txt`.
 * @throws ApiError, TargetError before anything was sent
 */
export async function serveArchive(
  client: ProcessApiClient,
  { sandboxId, path }: FileRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const signal = closeSignal(response)
  const info = await client.call(fileOperations.getFileInfo, { sandboxId, query: { path, links: 'true' } }, { signal })
  if (!info.isDir) throw new ApiError('INVALID_FILE_PATH', 'This is not a folder.')
  const entries = await listFolder(client, sandboxId, path, signal)
  if (entries.some(({ link }) => link === undefined)) {
    throw new ApiError(
      'NOT_IMPLEMENTED',
      'This target does not report links, which an archive needs. Pack the folder with tar in a session, then download that file.',
    )
  }
  setFileHeaders(response, `${nameOf(path)}.tar.gz`, 'application/gzip')
  const archive = Readable.from(writeArchive({ client, sandboxId, signal }, path, info, entries), { objectMode: false })
  const packed = createGzip({ level: 4 })
  archive.once('error', (error) => packed.destroy(error))
  packed.once('close', () => archive.destroy())
  await sendBody(request, response, archive.pipe(packed), signal)
}

interface Source {
  client: ProcessApiClient
  sandboxId: string
  signal: AbortSignal
}

async function* writeArchive(
  source: Source,
  root: string,
  info: FileInfo,
  entries: readonly FileInfo[],
): AsyncGenerator<Buffer> {
  const leftOut: string[] = []
  const name = nameOf(root)
  yield tarHeader(tarEntry(name, info, 'folder'))
  yield* writeFolder(source, { path: root, name, entries, depth: 0 }, leftOut)
  if (leftOut.length > 0) {
    const text = Buffer.from(`${leftOut.join('\n')}\n`)
    const modifiedAt = new Date()
    yield tarHeader({ path: `${name}.left-out.txt`, kind: 'file', mode: 0o644, size: text.length, modifiedAt })
    yield text
    yield padding(text.length)
  }
  yield tarEnd()
}

interface Folder {
  path: string
  /** Its path in the archive. */
  name: string
  entries: readonly FileInfo[]
  depth: number
}

async function* writeFolder(source: Source, folder: Folder, leftOut: string[]): AsyncGenerator<Buffer> {
  for (const entry of folder.entries) {
    const name = `${folder.name}/${entry.name}`
    const path = posix.join(folder.path, entry.name)
    if (typeof entry.link === 'string') {
      yield tarHeader({ ...tarEntry(name, entry, 'link'), link: entry.link })
    } else if (entry.isDir) {
      yield tarHeader(tarEntry(name, entry, 'folder'))
      const entries = await listOrReason(source, path, folder.depth)
      if (typeof entries === 'string') leftOut.push(`${name}: ${entries}`)
      else yield* writeFolder(source, { path, name, entries, depth: folder.depth + 1 }, leftOut)
    } else {
      yield* writeFile(source, path, name, entry, leftOut)
    }
  }
}

async function* writeFile(
  { client, sandboxId, signal }: Source,
  path: string,
  name: string,
  entry: FileInfo,
  leftOut: string[],
): AsyncGenerator<Buffer> {
  const url = new URL(`${await client.toolboxUrlOf(sandboxId, { signal })}/files/download`)
  url.searchParams.set('path', path)
  const response = await requestTarget(url, { headers: watchingHeaders(client.endpoint.apiKey), signal })
  const size = Number(response.headers['content-length'])
  if (response.statusCode !== 200 || !Number.isSafeInteger(size)) {
    const text = await readText(response)
    const reason =
      response.statusCode === 200 ? 'its size is unknown' : refusal(response.statusCode ?? 502, text).message
    leftOut.push(`${name}: ${reason}`)
    return
  }
  yield tarHeader({ ...tarEntry(name, entry, 'file'), size })
  let sent = 0
  for await (const chunk of response) {
    sent += chunk.length
    yield chunk
  }
  // The header has announced the size, so that the archive cannot be completed.
  if (sent !== size) throw new Error(`a file ended ${size - sent} bytes early`)
  yield padding(size)
}

async function listOrReason({ client, sandboxId, signal }: Source, path: string, depth: number) {
  if (depth >= maxDepth) return `more than ${maxDepth} levels deep`
  try {
    return await listFolder(client, sandboxId, path, signal)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return error.message
  }
}

function listFolder(client: ProcessApiClient, sandboxId: string, path: string, signal: AbortSignal) {
  return client.call(fileOperations.listFiles, { sandboxId, query: { path, links: 'true' } }, { signal })
}

function tarEntry(path: string, { permissions, modifiedAt }: FileInfo, kind: TarEntry['kind']): TarEntry {
  const mode = Number.parseInt(permissions, 8)
  return { path, kind, mode: Number.isNaN(mode) ? 0o644 : mode, size: 0, modifiedAt: new Date(modifiedAt) }
}
