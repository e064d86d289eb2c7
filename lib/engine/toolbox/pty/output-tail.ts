/** The last output of a PTY, held in memory by its offset. */
export class OutputTail {
  private chunks: Uint8Array[] = []
  private held = 0
  private total = 0

  /** @param limit bytes to hold; the oldest chunk goes as a whole once the others have as many */
  constructor(private limit: number) {}

  /** Offset of the end: all bytes that were ever added. */
  get end(): number {
    return this.total
  }

  /** Offset of the first byte that is held. */
  get begin(): number {
    return this.total - this.held
  }

  /** Keeps the chunk, without a copy. */
  add(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.held += chunk.length
    this.total += chunk.length
    this.trim()
  }

  /** Hold fewer or more from now on. */
  setLimit(limit: number): void {
    this.limit = limit
    this.trim()
  }

  /** The last `bytes` bytes at most. Where older ones are missing, it begins after a line's end, so that no escape
   * sequence and no character is cut. */
  recent(bytes: number): Uint8Array {
    const all = Buffer.concat(this.chunks)
    if (all.length <= bytes && this.begin === 0) return all
    const part = all.subarray(Math.max(0, all.length - bytes))
    const lineEnd = part.indexOf(0x0a)
    return lineEnd < 0 ? part : part.subarray(lineEnd + 1)
  }

  /** Everything that is held. */
  whole(): Uint8Array {
    return Buffer.concat(this.chunks)
  }

  private trim(): void {
    let first = this.chunks[0]
    while (first && this.held - first.length >= this.limit) {
      this.chunks.shift()
      this.held -= first.length
      first = this.chunks[0]
    }
  }
}
