/** Uploads: one file by `POST /files/upload` and `/files/upload-v2`, many by `POST /files/bulk-upload`. */
import type { IncomingMessage } from 'node:http'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ApiError } from '@/lib/process-api/errors'
import type { BulkUploaded } from '@/lib/process-api/files'
import type { fileOperations } from '@/lib/process-api/operations/files'
import type { OperationHandler } from '../../http/operation-request'
import { pipeHighWaterMark } from '../../http/pipe'
import { fileFailure, reasonOf } from './file-errors'
import { readMultipart } from './multipart'
import { openForWriting } from './open-file'
import { checkedPath, type FileSpace } from './paths'

/** Store the multipart field `file`, overwriting an existing file. Responds 200 with an empty body. */
export function uploadFile(space: FileSpace): OperationHandler<typeof fileOperations.uploadFile> {
  return async (upload) => {
    await receiveOne(space, upload)
    upload.reply(200)
  }
}

/** As `uploadFile`, with a response that describes the file. */
export function uploadFileV2(space: FileSpace): OperationHandler<typeof fileOperations.uploadFileV2> {
  return async (upload) => {
    const path = await receiveOne(space, upload)
    upload.reply(200, { name: basename(path), path, type: 'file' })
  }
}

/** An invalid path is rejected only after the body has been read, because clients send it without waiting. */
async function receiveOne(
  space: FileSpace,
  { query, request }: { readonly query: { readonly path: string }; readonly request: IncomingMessage },
): Promise<string> {
  let found = false
  let path = ''
  let failure: unknown
  try {
    path = checkedPath(query.path)
  } catch (error) {
    failure = error
  }
  await readMultipart(request, {
    field() {},
    async file(name, contents) {
      if (name !== 'file' || found || failure) return
      found = true
      try {
        await writeAll(space, path, contents)
      } catch (error) {
        failure = fileFailure(error instanceof WriteFailure ? error.cause : error, path)
      }
    },
  })
  if (failure) throw failure
  if (!found) throw new ApiError('BAD_REQUEST', 'the multipart form has no field "file"')
  return path
}

/**
 * Parts `files[0].path`, `files[0].file`, `files[1].path`, … where each path precedes its file.
 * Files are independent: all others are written if one fails, and the response is then a 400.
 */
export function bulkUpload(space: FileSpace): OperationHandler<typeof fileOperations.uploadFiles> {
  return async ({ request, reply }) => {
    const paths = new Map<string, string>()
    /** One per part, in order. */
    const outcomes: (BulkUploaded | string)[] = []
    try {
      await readMultipart(request, {
        field(name, value) {
          const index = /^files\[(\d+)\]\.path$/.exec(name)?.[1]
          if (index === undefined) return
          if (value === '') outcomes.push(`path[${index}]: empty path`)
          else paths.set(index, value)
        },
        async file(name, contents) {
          const index = /^files\[(\d+)\]\.file$/.exec(name)?.[1]
          if (index === undefined) return
          const path = paths.get(index)
          if (path === undefined) {
            outcomes.push(`file[${index}]: missing .path metadata`)
            return
          }
          const slot = outcomes.push('') - 1
          outcomes[slot] = await writeForBulk(space, path, contents)
        },
      })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      outcomes.push(error.message)
    }
    const errors = outcomes.filter((outcome) => typeof outcome === 'string')
    const files = outcomes.filter((outcome) => typeof outcome === 'object')
    if (errors.length > 0) throw new ApiError('BAD_REQUEST', errors.join('; '), { errors, files })
    reply(200, { files })
  }
}

/** @returns the entry of the response, or a sentence on why the file was not written */
async function writeForBulk(space: FileSpace, path: string, contents: Readable): Promise<BulkUploaded | string> {
  try {
    return { path, bytes: await writeAll(space, path, contents) }
  } catch (error) {
    const written = error instanceof WriteFailure
    return `${path}: ${written ? 'write' : 'create'}: ${reasonOf(written ? error.cause : error)}`
  }
}

/** The file was opened but not completely written; `cause` says why. */
class WriteFailure extends Error {
  override readonly name = 'WriteFailure'
}

/** @returns how many bytes were written */
async function writeAll(space: FileSpace, path: string, contents: Readable): Promise<number> {
  if (path.includes('\0')) throw new ApiError('INVALID_FILE_PATH', 'path contains a NUL character')
  const handle = await openForWriting(space, path)
  const target = handle.createWriteStream({ highWaterMark: pipeHighWaterMark })
  try {
    await pipeline(contents, target)
  } catch (cause) {
    throw new WriteFailure(`writing ${path} failed`, { cause })
  }
  return target.bytesWritten
}
