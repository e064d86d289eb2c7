/** Reading multipart bodies part by part, with flat memory. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { ApiError } from '@/lib/process-api/errors'
import { pipe, pipeHighWaterMark } from '../../http/pipe'

export interface MultipartReader {
  /** A text field, in the order of the body. */
  field(name: string, value: string): void
  /** The contents of a file part: take all of it, or resume it. The next part comes only after its end. */
  file(name: string, contents: Readable): Promise<void>
}

/** A field is a path at most. */
const fieldBytes = 64 * 1024

/**
 * Read a body to its end, whatever the reader thinks of its parts: a client that is still sending would see a reset
 * connection instead of an answer.
 * @throws ApiError BAD_REQUEST `invalid multipart form` for anything that is not a whole multipart body, and the first
 *   rejection of `reader.file`
 */
export async function readMultipart(request: IncomingMessage, reader: MultipartReader): Promise<void> {
  const parser = parserFor(request)
  const files: Promise<void>[] = []
  let stop = () => {}
  let current: Readable | null = null
  let tooLong = false
  parser.on('field', (name, value, _nameCut, valueCut) => {
    if (valueCut) tooLong = true
    else reader.field(name, value)
  })
  parser.on('file', (name, contents) => {
    current = contents
    // A part that nobody takes breaks off too when the body does.
    contents.on('error', ignoreBrokenBody)
    // A reader that rejected has stopped reading; what is left of its part must not hold up the body.
    const taken = reader.file(name, contents).finally(() => contents.resume())
    // Observed below, after the body: until then a rejection is not unhandled.
    taken.catch(() => contents.resume())
    files.push(taken)
  })

  // The parser does not notice a client that goes away: its open part would wait for ever, and its file stay open.
  request.once('close', () => {
    if (!request.complete) current?.destroy(invalid())
  })
  try {
    stop = pipe(request, parser)
    await Promise.race([finished(parser), brokenOff(request)])
  } catch (error) {
    stop()
    request.resume()
    if (!request.complete) await finished(request).catch(ignoreBrokenBody)
    await Promise.allSettled(files)
    throw invalid(error)
  }
  await Promise.all(files)
  if (tooLong) throw new ApiError('BAD_REQUEST', `a field is longer than ${fieldBytes} bytes`)
}

function parserFor(request: IncomingMessage): BusboyInstance {
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' },
      preservePath: true,
      highWaterMark: pipeHighWaterMark,
      fileHwm: pipeHighWaterMark,
      limits: { fieldSize: fieldBytes },
      // By the field's name, as the reference does: some clients leave the file name out.
      isPartAFile: (field, _type, fileName) =>
        fileName !== undefined || field === 'file' || (field !== undefined && /^files\[\d+\]\.file$/.test(field)),
    })
  } catch (error) {
    request.resume()
    throw invalid(error)
  }
}

function brokenOff(request: IncomingMessage): Promise<never> {
  return new Promise((_resolve, reject) => {
    request.once('error', reject)
    request.once('close', () => {
      if (!request.complete) reject(invalid())
    })
  })
}

/** The body is broken already; that its rest cannot be read says nothing new. */
function ignoreBrokenBody(): void {}

function invalid(cause?: unknown): ApiError {
  return cause instanceof ApiError ? cause : new ApiError('BAD_REQUEST', 'invalid multipart form', {}, { cause })
}
