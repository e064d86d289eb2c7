/** `POST /files/bulk-download`: several files as parts of one response, in exactly the format that SDKs parse. */
import type { ServerResponse } from 'node:http'
import { extname } from 'node:path'
import mime from 'mime-types'
import { log } from '@/lib/log/log'
import { ApiError, toEnvelope } from '@/lib/process-api/errors'
import type { fileOperations } from '@/lib/process-api/operations/files'
import type { OperationHandler } from '../../http/operation-request'
import { writeChunk } from '../../http/reply'
import { sendUnbuffered } from '../../http/streaming'
import { fileNameParameters } from './disposition'
import { type OpenFile, openForReading } from './open-file'
import { checkedPath, type FileSpace } from './paths'
import { sendBytes } from './send-bytes'

/** A constant of the protocol: clients may look for it. */
const boundary = 'DAYTONA-FILE-BOUNDARY'

export function bulkDownload(space: FileSpace): OperationHandler<typeof fileOperations.downloadFiles> {
  return async ({ body, response }) => {
    const { paths } = await body()
    sendUnbuffered(response)
    response.writeHead(200, { 'content-type': `multipart/form-data; boundary=${boundary}` })
    for (const path of paths) {
      if (!(await sendPart(response, space, path))) return
    }
    response.end(`--${boundary}--\r\n`)
  }
}

/** @returns false if the response cannot continue; it then ends without its closing boundary */
async function sendPart(response: ServerResponse, space: FileSpace, path: string): Promise<boolean> {
  let file: OpenFile
  try {
    file = await openForReading(space, checkedPath(path))
  } catch (error) {
    return await sendErrorPart(response, path, error)
  }
  try {
    const type = mime.contentType(extname(path)) || 'application/octet-stream'
    return (
      (await writeChunk(response, partHeader('file', path, type, file.size))) &&
      (await sendBytes(response, file, { first: 0, last: file.size - 1 })) &&
      (await writeChunk(response, '\r\n'))
    )
  } finally {
    await file.handle.close()
  }
}

async function sendErrorPart(response: ServerResponse, path: string, error: unknown): Promise<boolean> {
  if (!(error instanceof ApiError)) log.error({ err: error }, `reading ${path} failed`)
  const failure =
    error instanceof ApiError ? error : new ApiError('FILE_READ_FAILED', `file could not be read: ${path}`)
  const body = Buffer.from(JSON.stringify(toEnvelope(failure, { path, method: 'POST' }, 'DAYTONA_DAEMON')))
  const header = partHeader('error', path, 'application/json; charset=utf-8', body.length)
  return await writeChunk(response, Buffer.concat([header, body, Buffer.from('\r\n')]))
}

/** Part headers are Latin-1, like all headers. */
function partHeader(name: 'file' | 'error', path: string, type: string, length: number): Buffer {
  const lines = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${name}"; ${fileNameParameters(path)}`,
    `Content-Type: ${type}`,
    `Content-Length: ${length}`,
    '',
    '',
  ]
  return Buffer.from(lines.join('\r\n'), 'latin1')
}
