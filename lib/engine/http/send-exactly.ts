import type { ServerResponse } from 'node:http'
import { writeChunk } from './reply'

/**
 * Send exactly as many bytes as `Content-Length` announced. Extra bytes are dropped, because a client would take them
 * for the next response; with too few the connection is destroyed, which the client notices.
 */
export async function sendExactly(
  response: ServerResponse,
  length: number,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  let left = length
  for await (const chunk of chunks) {
    if (!(await writeChunk(response, chunk.subarray(0, left)))) return
    left -= Math.min(chunk.length, left)
    if (left === 0) break
  }
  if (left > 0) response.destroy()
  else response.end()
}
