/** JSON responses with long texts, decoded and sent while they are read, so that memory does not grow with them. */
import type { ServerResponse } from 'node:http'
import { writeChunk } from './reply'

/** Characters from which a response is streamed; a shorter one is sent whole, with its length. */
const minStreamedLength = 256 * 1024

export interface JsonText {
  name: string
  /** UTF-8. Invalid bytes become U+FFFD; a character split between two chunks is decoded correctly. */
  bytes: AsyncIterable<Uint8Array>
}

/**
 * Respond with `{...before, <texts>, ...after}`. Stops when the client disconnects. Rejects if reading fails: before the
 * first part was sent the caller can still send an error response; later it has to destroy the connection.
 */
export async function sendJsonTexts(
  response: ServerResponse,
  status: number,
  texts: readonly JsonText[],
  around: { before?: Record<string, unknown>; after?: Record<string, unknown> } = {},
): Promise<void> {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  let buffered = `{${membersOf(around.before)}`
  let streaming = false
  for (const { name, bytes } of texts) {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    buffered += `${buffered.endsWith('{') ? '' : ','}${JSON.stringify(name)}:"`
    for await (const chunk of bytes) {
      buffered += escaped(decoder.decode(chunk, { stream: true }))
      if (buffered.length < minStreamedLength) continue
      if (!streaming) response.writeHead(status, type)
      streaming = true
      if (!(await writeChunk(response, buffered))) return
      buffered = ''
    }
    buffered += `${escaped(decoder.decode())}"`
  }
  const after = membersOf(around.after)
  buffered += `${after && !buffered.endsWith('{') ? ',' : ''}${after}}`
  if (streaming) {
    response.end(buffered)
    return
  }
  const whole = Buffer.from(buffered)
  response.writeHead(status, { ...type, 'content-length': whole.length })
  response.end(whole)
}

function membersOf(fields: Record<string, unknown> = {}): string {
  return JSON.stringify(fields).slice(1, -1)
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
