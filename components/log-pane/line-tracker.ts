/** Records time, offset and stream of each line while the terminal parses chunks of a journal. */
import type { JournalChunk } from '@/lib/process-api/journal-frame'
import type { AbsoluteRows } from './absolute-rows'
import type { RowLedger } from './row-ledger'

const lineFeed = 0x0a

export class LineTracker {
  private lineFeeds = 0
  /** Line feeds in the bytes that were parsed. The terminal sees others where output moves the cursor up. */
  private byteLineFeeds = 0
  /** Offset of the first byte on the screen. */
  private startOffset: number | null = null
  /** The chunk that is being parsed, and how far its line feeds were counted. */
  private parsing: { chunk: JournalChunk; scanned: number; lineFeeds: number } | null = null
  private startRow = 0

  constructor(
    private readonly rows: AbsoluteRows,
    private readonly ledger: RowLedger,
  ) {}

  /** All lines so far, an unfinished last line included. */
  get lines(): number {
    return this.lineFeeds + (this.ledger.isAwaiting(this.rows.cursor) ? 0 : 1)
  }

  /** Offset of the first line since the last reset, whose number is 0; null while there is none. */
  get firstOffset(): number | null {
    return this.startOffset
  }

  get isParsing(): boolean {
    return this.parsing !== null
  }

  begin(chunk: JournalChunk): void {
    this.parsing = { chunk, scanned: 0, lineFeeds: 0 }
    if (chunk.data.length > 0) this.startOffset ??= chunk.offset
    this.startRow = this.rows.cursor
    if (chunk.data.length > 0 && this.ledger.isAwaiting(this.startRow)) {
      this.ledger.beginLine(this.startRow, chunk.wallMs, chunk.offset, this.byteLineFeeds)
    }
  }

  /** The terminal has parsed a line feed. */
  lineFeed(): void {
    this.lineFeeds += 1
    this.rows.lineFeed()
    const { parsing } = this
    if (!parsing) return
    const { chunk } = parsing
    const index = chunk.data.indexOf(lineFeed, parsing.scanned)
    if (index !== -1) {
      parsing.scanned = index + 1
      parsing.lineFeeds += 1
    }
    const number = this.byteLineFeeds + parsing.lineFeeds
    this.ledger.beginLine(this.rows.cursor, chunk.wallMs, chunk.offset + parsing.scanned, number)
  }

  /** @returns whether the chunk ends with a line feed */
  end(chunk: JournalChunk): boolean {
    this.parsing = null
    this.byteLineFeeds += countLineFeeds(chunk.data)
    const row = this.rows.cursor
    const isFinished = chunk.data.at(-1) === lineFeed
    if (isFinished) this.ledger.awaitLine(row)
    if (chunk.stream === 'stderr' && chunk.data.length > 0) {
      this.ledger.markStderr(Math.min(this.startRow, row), isFinished ? row - 1 : row)
    }
    return isFinished
  }

  /** The rows were rearranged. */
  rearranged(): void {
    this.startRow = this.rows.cursor
  }

  reset(): void {
    this.lineFeeds = 0
    this.byteLineFeeds = 0
    this.startOffset = null
    this.startRow = 0
  }
}

function countLineFeeds(data: Uint8Array): number {
  let found = 0
  for (let at = data.indexOf(lineFeed); at !== -1; at = data.indexOf(lineFeed, at + 1)) found += 1
  return found
}
