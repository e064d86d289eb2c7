/** Sends bytes of a file with constant memory, and destroys a response that would be too short. */
import type { ServerResponse } from 'node:http'
import { log } from '@/lib/log/log'
import { writeChunk } from '../../http/reply'
import type { OpenFile } from './open-file'
import type { ByteRange } from './range'

const chunkBytes = 256 * 1024

/**
 * Write a range of a file to a response. Leaves the response and the file open.
 * @returns false if the file ended early or the client disconnected: the response is then destroyed, because a response
 *   that is too short must look broken
 */
export async function sendBytes(response: ServerResponse, file: OpenFile, range: ByteRange): Promise<boolean> {
  if (range.last < range.first) return true
  try {
    if (file.contents) return await writeChunk(response, file.contents.subarray(range.first, range.last + 1))
    const missing = await sendDoubleBuffered(response, file, range)
    if (missing === 0) return true
    if (!response.destroyed) log.error(`a file ended ${missing} bytes early while it was sent`)
  } catch (error) {
    if (!response.destroyed) log.error({ err: error }, 'a file could not be sent to its end')
  }
  response.destroy()
  return false
}

/**
 * Fills one buffer while the other is sent. The two buffers are reused, because allocating one per chunk costs as much as
 * sending it.
 * @returns how many bytes were not sent
 */
async function sendDoubleBuffered(
  response: ServerResponse,
  file: OpenFile,
  { first, last }: ByteRange,
): Promise<number> {
  const size = Math.min(chunkBytes, last - first + 1)
  let next = { buffer: Buffer.allocUnsafeSlow(size), sent: Promise.resolve(true) }
  let other = { buffer: Buffer.allocUnsafeSlow(size), sent: Promise.resolve(true) }
  let position = first
  while (position <= last && (await next.sent)) {
    const length = Math.min(size, last - position + 1)
    const { bytesRead } = await file.handle.read(next.buffer, 0, length, position)
    if (bytesRead === 0) break
    next.sent = send(response, next.buffer.subarray(0, bytesRead))
    position += bytesRead
    const filled = next
    next = other
    other = filled
  }
  const isSent = (await next.sent) && (await other.sent)
  return isSent ? last + 1 - position : Math.max(1, last + 1 - position)
}

/** Resolves when the kernel has the bytes, so that their buffer is free again; with false if the client has disconnected. */
function send(response: ServerResponse, bytes: Buffer): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return Promise.resolve(false)
  return new Promise((resolve) => {
    const onClose = () => resolve(false)
    response.once('close', onClose)
    response.write(bytes, (error) => {
      response.off('close', onClose)
      resolve(!error)
    })
  })
}
