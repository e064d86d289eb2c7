/** JSON answers that are written piece by piece, so that memory does not grow with them or with slow readers. */
import type { ServerResponse } from 'node:http'
import { writeChunk } from './reply'

/** Characters that are gathered before they are written. A shorter answer is sent whole, with its length. */
const flushCharacters = 32 * 1024
/** Bytes that may wait for one reader. There may be hundreds of readers who never read. */
const maxWaitingBytes = 64 * 1024

/** Answer 200 with JSON whose text comes in parts. Breaks off when the client goes. */
export async function sendJsonParts(response: ServerResponse, parts: Iterable<string>): Promise<void> {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  let buffered = ''
  for (const part of parts) {
    buffered += part
    if (buffered.length < flushCharacters) continue
    if (!response.headersSent) response.writeHead(200, type)
    if (!(await writeChunk(response, buffered, maxWaitingBytes))) return
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

/** The parts of a JSON array, each item made when its turn comes. */
export function* arrayParts<Item>(items: Iterable<Item>, partsOf: (item: Item) => Iterable<string>): Generator<string> {
  let separator = '['
  for (const item of items) {
    yield separator
    yield* partsOf(item)
    separator = ','
  }
  yield separator === '[' ? '[]' : ']'
}
