/** Output on its way to one viewer: chunks are joined or split to frames of the requested size, in order. */
import type { JournalChunk } from '@/lib/process-api/journal-frame'

export interface FramedChunk extends JournalChunk {
  /** The journal frame whose payload is `data`, where there is one: it can be forwarded without a copy. */
  frame?: Uint8Array
}

/** Chunks with a larger distance in time are not joined, since a frame has only one time. */
const maxJoinMs = 8

export class ChunkQueue {
  private chunks: FramedChunk[] = []
  private head = 0
  private queuedBytes = 0

  /** Payload bytes in the queue. */
  get bytes(): number {
    return this.queuedBytes
  }

  push(chunk: FramedChunk): void {
    if (chunk.data.byteLength === 0) return
    this.chunks.push(chunk)
    this.queuedBytes += chunk.data.byteLength
  }

  /**
   * The content of the next frame, at most `max` bytes: adjacent chunks of one stream and time are joined, a longer
   * chunk is split. Null when the queue is empty.
   */
  take(max: number): FramedChunk | null {
    const first = this.chunks[this.head]
    if (first === undefined || max <= 0) return null
    if (first.data.byteLength > max) return this.split(first, max)
    const joined = this.adjacentChunks(first, max)
    this.head += joined.length
    this.compact()
    if (joined.length === 1) {
      this.queuedBytes -= first.data.byteLength
      return first
    }
    const data = Buffer.concat(joined.map((chunk) => chunk.data))
    this.queuedBytes -= data.byteLength
    return { stream: first.stream, offset: first.offset, wallMs: first.wallMs, data }
  }

  clear(): void {
    this.chunks = []
    this.head = 0
    this.queuedBytes = 0
  }

  private split(first: FramedChunk, max: number): FramedChunk {
    const { stream, offset, wallMs, data } = first
    this.chunks[this.head] = { stream, offset: offset + max, wallMs, data: data.subarray(max) }
    this.queuedBytes -= max
    return { stream, offset, wallMs, data: data.subarray(0, max) }
  }

  private adjacentChunks(first: FramedChunk, max: number): FramedChunk[] {
    const joined = [first]
    let end = first.offset + first.data.byteLength
    let room = max - first.data.byteLength
    for (let index = this.head + 1; index < this.chunks.length; index += 1) {
      const next = this.chunks[index]
      if (next === undefined || next.stream !== first.stream || next.offset !== end) break
      if (next.data.byteLength > room || !isSameTime(first.wallMs, next.wallMs)) break
      joined.push(next)
      end += next.data.byteLength
      room -= next.data.byteLength
    }
    return joined
  }

  /** Remove taken chunks from the array only now and then, so that `take` stays cheap. */
  private compact(): void {
    if (this.head < 64 && this.head < this.chunks.length) return
    this.chunks = this.chunks.slice(this.head)
    this.head = 0
  }
}

function isSameTime(a: number | null, b: number | null): boolean {
  return a === null || b === null ? a === b : Math.abs(a - b) <= maxJoinMs
}
