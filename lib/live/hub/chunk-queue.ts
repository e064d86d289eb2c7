/** Output on its way to one viewer: whole chunks go in, frames of the wanted size come out, in order and complete. */
import type { JournalStream } from '@/lib/process-api/extensions'

export interface Chunk {
  stream: JournalStream
  /** Absolute byte offset of `data` in the journal. */
  offset: number
  /** ms since epoch, null where unknown. */
  wallMs: number | null
  data: Uint8Array
  /** The journal frame that `data` is the payload of, where there is one: it can be sent on without a copy. */
  frame?: Uint8Array
}

/** Chunks that are further apart keep their own times: a frame has room for one. */
const sameMomentMs = 8

export class ChunkQueue {
  private chunks: Chunk[] = []
  private head = 0
  private held = 0

  /** Payload bytes in the queue. */
  get bytes(): number {
    return this.held
  }

  push(chunk: Chunk): void {
    if (chunk.data.byteLength === 0) return
    this.chunks.push(chunk)
    this.held += chunk.data.byteLength
  }

  /**
   * The next frame's contents, at most `max` payload bytes: neighbours of one stream and one moment are joined, a chunk
   * that is too long is cut. Null when nothing is there.
   */
  take(max: number): Chunk | null {
    const first = this.chunks[this.head]
    if (first === undefined || max <= 0) return null
    if (first.data.byteLength > max) return this.cut(first, max)
    const joined = this.neighbours(first, max)
    this.head += joined.length
    this.tidy()
    if (joined.length === 1) {
      this.held -= first.data.byteLength
      return first
    }
    const data = Buffer.concat(joined.map((chunk) => chunk.data))
    this.held -= data.byteLength
    return { stream: first.stream, offset: first.offset, wallMs: first.wallMs, data }
  }

  clear(): void {
    this.chunks = []
    this.head = 0
    this.held = 0
  }

  private cut(first: Chunk, max: number): Chunk {
    const { stream, offset, wallMs, data } = first
    this.chunks[this.head] = { stream, offset: offset + max, wallMs, data: data.subarray(max) }
    this.held -= max
    return { stream, offset, wallMs, data: data.subarray(0, max) }
  }

  private neighbours(first: Chunk, max: number): Chunk[] {
    const joined = [first]
    let end = first.offset + first.data.byteLength
    let room = max - first.data.byteLength
    for (let index = this.head + 1; index < this.chunks.length; index += 1) {
      const next = this.chunks[index]
      if (next === undefined || next.stream !== first.stream || next.offset !== end) break
      if (next.data.byteLength > room || !sameMoment(first.wallMs, next.wallMs)) break
      joined.push(next)
      end += next.data.byteLength
      room -= next.data.byteLength
    }
    return joined
  }

  /** Drop what was taken, now and then, so that taking stays cheap. */
  private tidy(): void {
    if (this.head < 64 && this.head < this.chunks.length) return
    this.chunks = this.chunks.slice(this.head)
    this.head = 0
  }
}

function sameMoment(a: number | null, b: number | null): boolean {
  return a === null || b === null ? a === b : Math.abs(a - b) <= sameMomentMs
}
