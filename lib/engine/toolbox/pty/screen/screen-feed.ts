/** Output on its way to a screen. A flood of plain lines is held only as far as it can still be seen when it is drawn. */
import { plainLines, SequenceWatch } from './plain-run'

interface Held {
  bytes: Uint8Array
  /** Lines that end in it. */
  lines: number
}

const lineFeed = 0x0a

export class ScreenFeed {
  private chunks: Held[] = []
  /** Where the stretch of plain text begins that the last chunk belongs to. */
  private plainFrom = 0
  /** Lines that end in that stretch. */
  private plainCount = 0
  private held = 0
  private lastByte = 0
  private readonly sequences = new SequenceWatch()

  /** @param lines as many as a terminal shows and remembers at most */
  constructor(private readonly lines: number) {}

  /** Bytes that wait. */
  get size(): number {
    return this.held
  }

  /** Keeps the chunk, without a copy. */
  add(bytes: Uint8Array): void {
    const lines = this.sequences.isInSequence ? -1 : plainLines(bytes, this.lastByte)
    this.sequences.note(bytes)
    this.lastByte = bytes.at(-1) ?? this.lastByte
    this.chunks.push({ bytes, lines: Math.max(0, lines) })
    this.held += bytes.length
    if (lines < 0) {
      this.plainFrom = this.chunks.length
      this.plainCount = 0
    } else {
      this.plainCount += lines
      this.dropUnseen()
    }
  }

  /** Everything that waits, as one buffer of its own; nothing waits afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.held)
    let at = 0
    for (const { bytes } of this.chunks) {
      all.set(bytes, at)
      at += bytes.length
    }
    this.chunks = []
    this.plainFrom = 0
    this.plainCount = 0
    this.held = 0
    return all
  }

  /** Let go of the oldest plain chunk while enough lines end behind it; the next one then begins at a line's start. */
  private dropUnseen(): void {
    for (;;) {
      const first = this.chunks[this.plainFrom]
      const next = this.chunks[this.plainFrom + 1]
      if (!first || !next || next.lines === 0 || this.plainCount - first.lines - 1 <= this.lines) return
      const start = next.bytes.indexOf(lineFeed) + 1
      this.chunks.splice(this.plainFrom, 1)
      this.chunks[this.plainFrom] = { bytes: next.bytes.subarray(start), lines: next.lines - 1 }
      this.plainCount -= first.lines + 1
      this.held -= first.bytes.length + start
    }
  }
}
