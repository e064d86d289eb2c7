/** Sending bytes of a file with flat memory, and noticing when fewer came than were promised. */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { OpenFile } from './opening'
import type { ByteRange } from './range'

const chunkBytes = 256 * 1024

/**
 * Write a range of a file into a response and leave the response open. Closes nothing.
 * @returns false when the file ended early or the client went away: the response is then destroyed, because an answer
 *   that is too short must look broken
 */
export async function sendBytes(
  response: ServerResponse,
  file: OpenFile,
  { first, last }: ByteRange,
): Promise<boolean> {
  const expected = last - first + 1
  if (expected <= 0) return true
  const source = file.contents
    ? Readable.from([file.contents.subarray(first, last + 1)])
    : file.handle.createReadStream({ start: first, end: last, highWaterMark: chunkBytes, autoClose: false })
  let sent = 0
  source.on('data', (chunk: Buffer) => {
    sent += chunk.length
  })
  try {
    await pipeline(source, response, { end: false })
    if (sent === expected) return true
    console.error(`a file ended after ${sent} of ${expected} bytes while it was sent`)
  } catch (error) {
    if (!response.destroyed) console.error('a file could not be sent to its end:', error)
  }
  response.destroy()
  return false
}
