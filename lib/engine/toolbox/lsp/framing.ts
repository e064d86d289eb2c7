/** Messages of the Language Server Protocol: a header with the length, then JSON. */

import { parseUntrustedJson } from '../../http/untrusted-json'

/** Header lines are short; more is not a language server. */
const maxHeaderBytes = 8 * 1024

export class FramingError extends Error {
  override readonly name = 'FramingError'
}

/** A message as bytes. */
export function frame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`, 'latin1'), body])
}

/** Splits a stream of bytes into messages. */
export class MessageReader {
  private chunks: Buffer[] = []
  private size = 0
  /** Bytes needed before anything can be read: of the body, or 0 while the header is incomplete. */
  private needed = 0

  /** @param maxBytes of one message */
  constructor(private readonly maxBytes: number) {}

  /**
   * Add a chunk and return the messages that are complete now.
   * @throws FramingError for bytes that are no messages, or for a message that is too long
   */
  read(chunk: Buffer): unknown[] {
    this.chunks.push(chunk)
    this.size += chunk.length
    const messages: unknown[] = []
    while (this.size > 0 && this.size >= this.needed) {
      const bytes = this.joined()
      if (this.needed === 0) {
        const end = bytes.indexOf('\r\n\r\n')
        if (end > maxHeaderBytes || (end < 0 && bytes.length > maxHeaderBytes)) throw new FramingError('no header')
        if (end < 0) break
        this.needed = this.lengthIn(bytes.toString('latin1', 0, end))
        this.keep(bytes.subarray(end + 4))
        if (this.needed === 0) throw new FramingError('an empty message')
      } else {
        messages.push(parse(bytes.subarray(0, this.needed)))
        const rest = bytes.subarray(this.needed)
        this.needed = 0
        this.keep(rest)
      }
    }
    return messages
  }

  private lengthIn(header: string): number {
    const length = /^content-length: *(\d{1,15})$/im.exec(header.replaceAll('\r', ''))?.[1]
    if (length === undefined) throw new FramingError('a header without Content-Length')
    if (Number(length) > this.maxBytes) throw new FramingError(`a message longer than ${this.maxBytes} bytes`)
    return Number(length)
  }

  private joined(): Buffer {
    const [only] = this.chunks
    const all = this.chunks.length === 1 && only ? only : Buffer.concat(this.chunks, this.size)
    this.chunks = [all]
    return all
  }

  private keep(bytes: Buffer): void {
    this.chunks = bytes.length === 0 ? [] : [bytes]
    this.size = bytes.length
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return parseUntrustedJson(bytes)
  } catch {
    throw new FramingError('a message that is not JSON, or has too many values')
  }
}
