/** Streams long lists as JSON. */
import type { ServerResponse } from 'node:http'
import { writeChunk } from '../../http/reply'
import { sendUnbuffered } from '../../http/streaming'

const flushLength = 64 * 1024

/**
 * Respond 200 with a JSON array that is written while its items are produced: memory stays constant, and the first items
 * arrive early. Rejects if `items` fails: before the first write the caller can still send an error response; later it
 * has to destroy the connection.
 * @param around text before and after the array, if it is a field of an object
 */
export async function sendJsonArray(
  response: ServerResponse,
  items: AsyncIterable<unknown>,
  around = { before: '', after: '' },
): Promise<void> {
  let buffered = `${around.before}[`
  let separator = ''
  for await (const item of items) {
    buffered += separator + JSON.stringify(item)
    separator = ','
    if (buffered.length < flushLength) continue
    writeHead(response)
    if (!(await writeChunk(response, buffered))) return
    buffered = ''
  }
  writeHead(response)
  response.end(`${buffered}]${around.after}`)
}

function writeHead(response: ServerResponse): void {
  if (response.headersSent) return
  sendUnbuffered(response)
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
}
