/** `GET /files/download`: one file, whole or a range of it. */
import { basename } from 'node:path'
import type { fileOperations } from '@/lib/process-api/operations/files'
import type { OperationHandler } from '../../http/operation-request'
import { fileNameParameters } from './disposition'
import { type OpenFile, openForReading } from './open-file'
import { checkedPath, type FileSpace } from './paths'
import { parseRange } from './range'
import { sendBytes } from './send-bytes'

export function downloadFile(space: FileSpace): OperationHandler<typeof fileOperations.downloadFile> {
  return async ({ query, request, response }) => {
    const path = checkedPath(query.path)
    const file = await openForReading(space, path)
    try {
      const validators = validatorsOf(file)
      const condition = request.headers['if-range']
      const unchanged =
        condition === undefined || condition === validators.etag || condition === validators['last-modified']
      const range = parseRange(unchanged ? request.headers.range : undefined, file.size)
      if (range === 'unsatisfiable') {
        response.setHeader('content-range', `bytes */${file.size}`)
        response.statusCode = 416
        response.end()
        return
      }
      const part = range === 'whole' ? { first: 0, last: file.size - 1 } : range
      response.writeHead(range === 'whole' ? 200 : 206, {
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; ${fileNameParameters(basename(path))}`,
        'content-length': part.last - part.first + 1,
        'accept-ranges': 'bytes',
        ...validators,
        ...(range === 'whole' ? {} : { 'content-range': `bytes ${part.first}-${part.last}/${file.size}` }),
      })
      // A response to HEAD has no body.
      if (request.method === 'HEAD' || (await sendBytes(response, file, part))) response.end()
    } finally {
      await file.handle.close()
    }
  }
}

/** Validators for `If-Range`: a resumed download must not continue with another version of the file. */
function validatorsOf({ stats }: OpenFile) {
  return {
    etag: `"${stats.ino.toString(36)}-${stats.size.toString(36)}-${stats.mtimeNs.toString(36)}"`,
    'last-modified': new Date(Number(stats.mtimeMs)).toUTCString(),
  }
}
