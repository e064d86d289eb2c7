/** Lists that may be long, sent as they are found. */
import type { ServerResponse } from 'node:http'
import { writeChunk } from '../../http/reply'

const flushCharacters = 64 * 1024

/**
 * Answer 200 with a JSON array, written while it is made: memory stays flat, and the first rows arrive early. What fails
 * before the first rows were sent still becomes an error answer; later the answer breaks off, so that it looks broken.
 * @param around text before and after the array, when it is a field of an object
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
    if (buffered.length < flushCharacters) continue
    begin(response)
    if (!(await writeChunk(response, buffered))) return
    buffered = ''
  }
  begin(response)
  response.end(`${buffered}]${around.after}`)
}

function begin(response: ServerResponse): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
}
