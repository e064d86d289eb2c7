/** JSON responses written in parts, so that memory does not grow with their size or with slow readers. */
import type { ServerResponse } from 'node:http'
import { writeChunk } from './reply'
import { sendUnbuffered } from './streaming'

/** Characters to buffer before a write. A shorter response is sent whole, with its length. */
const flushLength = 32 * 1024
/** Bytes buffered for one reader. There may be hundreds of readers that never read. */
const maxBufferedBytes = 64 * 1024

/** Respond 200 with JSON whose text comes in parts. Stops when the client disconnects. */
export async function sendJsonStream(response: ServerResponse, parts: Iterable<string>): Promise<void> {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  let buffered = ''
  for (const part of parts) {
    buffered += part
    if (buffered.length < flushLength) continue
    if (!response.headersSent) {
      sendUnbuffered(response)
      response.writeHead(200, type)
    }
    if (!(await writeChunk(response, buffered, maxBufferedBytes))) return
    buffered = ''
  }
  if (response.headersSent) {
    response.end(buffered)
    return
  }
  const whole = Buffer.from(buffered)
  response.writeHead(200, { ...type, 'content-length': whole.length })
  response.end(whole)
}

/** The parts of a JSON array. Items are produced lazily. */
export function* arrayParts<Item>(items: Iterable<Item>, partsOf: (item: Item) => Iterable<string>): Generator<string> {
  let separator = '['
  for (const item of items) {
    yield separator
    yield* partsOf(item)
    separator = ','
  }
  yield separator === '[' ? '[]' : ']'
}
