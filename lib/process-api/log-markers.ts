/**
 * Parses the protocol's log format: one byte log in which `01 01 01` switches to stdout and `02 02 02` to stderr.
 * Bytes before the first marker belong to no stream and are dropped. A marker may be cut anywhere between two chunks.
 */
import type { JournalStream } from './extensions'

export interface MarkedPiece {
  stream: JournalStream
  /** Offset in payload bytes of both streams together, without markers. */
  offset: number
  data: Uint8Array
}

const markerBytes = 3
const streams = new Map<number, JournalStream>([
  [1, 'stdout'],
  [2, 'stderr'],
])

/** Incremental parser: the chunks that it returns are copies or views of its input and are never changed later. */
export class LogMarkerReader {
  private stream: JournalStream | null = null
  private offset = 0
  private held: Uint8Array = new Uint8Array(0)

  /** Payload bytes seen so far. */
  get size(): number {
    return this.offset
  }

  /** Pieces of the next bytes. Up to two bytes that may begin a marker are held back until more comes. */
  push(chunk: Uint8Array): MarkedPiece[] {
    const bytes = this.held.byteLength === 0 ? chunk : Buffer.concat([this.held, chunk])
    const pieces: MarkedPiece[] = []
    let from = 0
    let at = 0
    while (at < bytes.byteLength) {
      const byte = bytes[at] ?? 0
      const stream = streams.get(byte)
      if (stream === undefined) {
        at += 1
        continue
      }
      let run = 1
      while (run < markerBytes && bytes[at + run] === byte) run += 1
      if (run === markerBytes) {
        this.take(bytes.subarray(from, at), pieces)
        this.stream = stream
        at += markerBytes
        from = at
      } else if (at + run === bytes.byteLength) {
        break // may go on in the next chunk
      } else {
        at += run
      }
    }
    this.take(bytes.subarray(from, at), pieces)
    this.held = bytes.slice(at)
    return pieces
  }

  /** The end of the log: bytes held back as a possible marker are payload. */
  end(): MarkedPiece[] {
    const pieces: MarkedPiece[] = []
    this.take(this.held, pieces)
    this.held = new Uint8Array(0)
    return pieces
  }

  private take(data: Uint8Array, pieces: MarkedPiece[]): void {
    if (data.byteLength === 0 || this.stream === null) return
    pieces.push({ stream: this.stream, offset: this.offset, data })
    this.offset += data.byteLength
  }
}
