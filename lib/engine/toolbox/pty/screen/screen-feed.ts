/** A queue of output for a screen. Of a flood of plain lines, it keeps only what is still visible once it is drawn. */
import { plainLines, SequenceTracker } from './plain-run'

interface QueuedChunk {
  bytes: Uint8Array
  /** Number of line ends in the chunk. */
  lines: number
}

const lineFeed = 0x0a

export class ScreenFeed {
  private chunks: QueuedChunk[] = []
  /** Index of the first chunk of the plain text at the end of the queue. */
  private plainFrom = 0
  /** Number of line ends in that plain text. */
  private plainCount = 0
  private bytes = 0
  private lastByte = 0
  private readonly sequences = new SequenceTracker()

  /** @param maxLines lines of the largest terminal, with its scrollback */
  constructor(private readonly maxLines: number) {}

  /** Queued bytes. */
  get size(): number {
    return this.bytes
  }

  /** Keeps the chunk, without a copy. */
  add(bytes: Uint8Array): void {
    const lines = this.sequences.isInSequence ? -1 : plainLines(bytes, this.lastByte)
    this.sequences.follow(bytes)
    this.lastByte = bytes.at(-1) ?? this.lastByte
    this.chunks.push({ bytes, lines: Math.max(0, lines) })
    this.bytes += bytes.length
    if (lines < 0) {
      this.plainFrom = this.chunks.length
      this.plainCount = 0
    } else {
      this.plainCount += lines
      this.dropUnseen()
    }
  }

  /** Remove everything from the queue and return it as one new buffer. */
  take(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.bytes)
    let at = 0
    for (const { bytes } of this.chunks) {
      all.set(bytes, at)
      at += bytes.length
    }
    this.chunks = []
    this.plainFrom = 0
    this.plainCount = 0
    this.bytes = 0
    return all
  }

  /** Drop the oldest plain chunks while enough lines follow them; the next one then begins at the start of a line. */
  private dropUnseen(): void {
    for (;;) {
      const first = this.chunks[this.plainFrom]
      const next = this.chunks[this.plainFrom + 1]
      if (!first || !next || next.lines === 0 || this.plainCount - first.lines - 1 <= this.maxLines) return
      const start = next.bytes.indexOf(lineFeed) + 1
      this.chunks.splice(this.plainFrom, 1)
      this.chunks[this.plainFrom] = { bytes: next.bytes.subarray(start), lines: next.lines - 1 }
      this.plainCount -= first.lines + 1
      this.bytes -= first.bytes.length + start
    }
  }
}
