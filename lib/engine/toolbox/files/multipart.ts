/** Reads multipart bodies part by part, with constant memory. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { ApiError } from '@/lib/process-api/errors'
import { pipe, pipeHighWaterMark } from '../../http/pipe'

export interface MultipartReader {
  /** A text field, in the order of the body. */
  field(name: string, value: string): void
  /** The contents of a file part, which must be consumed. The next part comes only after its end. */
  file(name: string, contents: Readable): Promise<void>
}

/** No field is longer than a path. */
const maxFieldBytes = 64 * 1024

/**
 * Read a body to its end, even if the reader rejects a part: a client that is still sending would see a connection reset
 * instead of the response.
 * @throws ApiError BAD_REQUEST `invalid multipart form` for an invalid or incomplete body, or the first rejection of
 *   `reader.file`
 */
export async function readMultipart(request: IncomingMessage, reader: MultipartReader): Promise<void> {
  const parser = parserFor(request)
  const files: Promise<void>[] = []
  let stop = () => {}
  let current: Readable | null = null
  let isFieldTooLong = false
  parser.on('field', (name, value, _nameCut, valueCut) => {
    if (valueCut) isFieldTooLong = true
    else reader.field(name, value)
  })
  parser.on('file', (name, contents) => {
    current = contents
    // A part without a reader also fails when the body ends early.
    contents.on('error', ignoreBrokenBody)
    // If the reader rejects, discard the rest of its part, so that the body can continue.
    const handled = reader.file(name, contents).finally(() => contents.resume())
    // The rejection is handled below, after the body; until then this keeps it from being unhandled.
    handled.catch(() => contents.resume())
    files.push(handled)
  })

  // The parser does not notice that a client disconnects: the open part would wait forever and keep its file open.
  request.once('close', () => {
    if (!request.complete) current?.destroy(invalid())
  })
  try {
    stop = pipe(request, parser)
    await Promise.race([finished(parser), rejectOnAbort(request)])
  } catch (error) {
    stop()
    request.resume()
    if (!request.complete) await finished(request).catch(ignoreBrokenBody)
    await Promise.allSettled(files)
    throw invalid(error)
  }
  await Promise.all(files)
  if (isFieldTooLong) throw new ApiError('BAD_REQUEST', `a field is longer than ${maxFieldBytes} bytes`)
}

function parserFor(request: IncomingMessage): BusboyInstance {
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' },
      preservePath: true,
      highWaterMark: pipeHighWaterMark,
      fileHwm: pipeHighWaterMark,
      limits: { fieldSize: maxFieldBytes },
      // Decided by the name of the field, as in the reference: some clients send no file name.
      isPartAFile: (field, _type, fileName) =>
        fileName !== undefined || field === 'file' || (field !== undefined && /^files\[\d+\]\.file$/.test(field)),
    })
  } catch (error) {
    request.resume()
    throw invalid(error)
  }
}

function rejectOnAbort(request: IncomingMessage): Promise<never> {
  return new Promise((_resolve, reject) => {
    request.once('error', reject)
    request.once('close', () => {
      if (!request.complete) reject(invalid())
    })
  })
}

/** The failure of the body is already reported. */
function ignoreBrokenBody(): void {}

function invalid(cause?: unknown): ApiError {
  return cause instanceof ApiError ? cause : new ApiError('BAD_REQUEST', 'invalid multipart form', {}, { cause })
}
