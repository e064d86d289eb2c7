/** The last output of a PTY, in memory, with its offsets. */
export class OutputTail {
  private chunks: Uint8Array[] = []
  private size = 0
  private total = 0

  /** @param limit bytes to keep; the oldest chunk is dropped once the others have as many */
  constructor(private limit: number) {}

  /** Offset of the end: the number of all bytes that were added. */
  get end(): number {
    return this.total
  }

  /** Offset of the first byte that is still there. */
  get start(): number {
    return this.total - this.size
  }

  /** Keeps the chunk, without a copy. */
  add(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.size += chunk.length
    this.total += chunk.length
    this.trim()
  }

  /** Change how many bytes are kept. */
  setLimit(limit: number): void {
    this.limit = limit
    this.trim()
  }

  /**
   * At most the last `bytes` bytes. Where older ones are left out, the text begins after a line feed, so that no escape
   * sequence and no character is cut.
   */
  recent(bytes: number): Uint8Array {
    const all = Buffer.concat(this.chunks)
    if (all.length <= bytes && this.start === 0) return all
    const part = all.subarray(Math.max(0, all.length - bytes))
    const lineEnd = part.indexOf(0x0a)
    return lineEnd < 0 ? part : part.subarray(lineEnd + 1)
  }

  /** All bytes from `start` to `end`. */
  all(): Uint8Array {
    return Buffer.concat(this.chunks)
  }

  private trim(): void {
    let first = this.chunks[0]
    while (first && this.size - first.length >= this.limit) {
      this.chunks.shift()
      this.size -= first.length
      first = this.chunks[0]
    }
  }
}
