/** Line numbers, offsets and times of a journal, converted into each other with its line index. */
import type { JournalStream } from '@/lib/process-api/extensions'
import type { LineLocation, LocateQuery } from '@/lib/process-api/journal-lines'
import type { Journal } from './journal'
import { indexAfterLineFeed } from './line-feeds'
import { LineCounter, type LineMark, type LineMarks, markedBytes } from './line-marks'

/** Positions of one journal as it was when it was opened. Offsets and lines count one stream where one is given. */
export class LinePositions {
  private constructor(
    private readonly journal: Journal,
    private readonly marks: LineMarks,
    private readonly stream: JournalStream | undefined,
    /** Bytes of the journal. */
    readonly journalSize: number,
    /** What precedes the end. */
    private readonly end: LineMark,
    /** Bytes of the stream or the journal. */
    readonly size: number,
    /** All lines, an unfinished last line included. */
    readonly lines: number,
  ) {}

  static async open(journal: Journal, stream?: JournalStream): Promise<LinePositions> {
    const size = journal.size
    const marks = await journal.lineMarks(size)
    const end = await countTo(journal, marks, size)
    const ownSize = bytesOf(end, size, stream)
    const lineFeeds = lineFeedsOf(end, stream)
    const positions = new LinePositions(journal, marks, stream, size, end, ownSize, lineFeeds)
    const isFinished = ownSize === 0 || (await positions.startOfLine(lineFeeds + 1)).offset === ownSize
    return new LinePositions(journal, marks, stream, size, end, ownSize, lineFeeds + (isFinished ? 0 : 1))
  }

  async locate(query: LocateQuery): Promise<LineLocation> {
    const { line, time, percent, offset } = query
    if (line !== undefined) return await this.atLine(line)
    if (time !== undefined) return await this.atJournalOffset(this.journal.offsetAtTime(time, this.journalSize))
    const own = percent === undefined ? (offset ?? 0) : Math.floor((this.size * percent) / 100)
    return await this.atJournalOffset(await this.toJournalOffset(Math.min(own, this.size)))
  }

  /**
   * The range of the lines that arrived from one time on and before another, ms since epoch.
   * @param from start at the line with this offset of the stream or journal, or later
   */
  async range(
    since: number | undefined,
    until: number | undefined,
    from = 0,
  ): Promise<{ from: number; journalFrom: number; journalTo: number }> {
    const first = since === undefined ? 0 : await this.lineStartAtTime(since)
    const given = from > 0 ? await this.locate({ offset: Math.min(from, this.size) }) : null
    const start = Math.max(first, from >= this.size && from > 0 ? this.size : (given?.lineOffset ?? 0))
    const end = until === undefined ? this.size : await this.lineStartAtTime(until)
    const journalFrom = await this.toJournalOffset(start)
    const journalTo = end >= this.size ? this.journalSize : await this.toJournalOffset(end)
    return { from: start, journalFrom, journalTo: Math.max(journalFrom, journalTo) }
  }

  /** Offset of the first line that arrived at or after a time; the size if there is none. */
  private async lineStartAtTime(wallMs: number): Promise<number> {
    const journalOffset = this.journal.offsetAtTime(wallMs, this.journalSize)
    if (journalOffset >= this.journalSize) return this.size
    return (await this.atJournalOffset(journalOffset)).lineOffset
  }

  /** What precedes an offset of the journal. */
  async countTo(journalOffset: number): Promise<LineMark> {
    return journalOffset === this.journalSize ? this.end : await countTo(this.journal, this.marks, journalOffset)
  }

  /** Number of the line with the byte at an offset of the stream or the journal, from 1. */
  async lineAt(offset: number): Promise<number> {
    const mark = await this.countTo(await this.toJournalOffset(offset))
    return Math.max(1, Math.min(lineFeedsOf(mark, this.stream) + 1, this.lines))
  }

  private async atLine(requested: number): Promise<LineLocation> {
    const line = Math.max(1, Math.min(requested, this.lines))
    const { offset, journalOffset } = await this.startOfLine(line)
    return this.location(line, offset, offset, this.journal.timeAt(journalOffset))
  }

  private async atJournalOffset(journalOffset: number): Promise<LineLocation> {
    const mark = await this.countTo(journalOffset)
    const offset = bytesOf(mark, journalOffset, this.stream)
    const line = Math.max(1, Math.min(lineFeedsOf(mark, this.stream) + 1, this.lines))
    const lineStart = await this.startOfLine(line)
    return this.location(line, lineStart.offset, Math.max(offset, lineStart.offset), this.journal.timeAt(journalOffset))
  }

  private location(line: number, lineOffset: number, offset: number, wallMs: number | null): LineLocation {
    return { line, lineOffset, offset, wallMs, lines: this.lines, size: this.size }
  }

  /** Where a line starts. The line after the last line feed starts at the end. */
  private async startOfLine(line: number): Promise<{ offset: number; journalOffset: number }> {
    let missing = line - 1
    if (missing === 0) return { offset: 0, journalOffset: 0 }
    const number = this.marks.lastWhere((mark) => lineFeedsOf(mark, this.stream) < line - 1)
    const mark = this.marks.at(number)
    const from = number * markedBytes
    missing -= lineFeedsOf(mark, this.stream)
    let offset = bytesOf(mark, from, this.stream)
    for await (const chunk of this.journal.read({ from, to: this.journalSize, stream: this.stream })) {
      const index = indexAfterLineFeed(chunk.data, missing)
      if (index !== -1) return { offset: offset + index, journalOffset: chunk.offset + index }
      for (let at = chunk.data.indexOf(10); at !== -1; at = chunk.data.indexOf(10, at + 1)) missing -= 1
      offset += chunk.data.length
    }
    return { offset: this.size, journalOffset: this.journalSize }
  }

  /** The offset of the journal for an offset of the stream. */
  private async toJournalOffset(own: number): Promise<number> {
    const { stream } = this
    if (!stream || own >= this.size) return stream ? this.journalSize : own
    const number = this.marks.lastWhere((mark, at) => bytesOf(mark, at * markedBytes, stream) <= own)
    let before = bytesOf(this.marks.at(number), number * markedBytes, stream)
    for await (const chunk of this.journal.read({ from: number * markedBytes, to: this.journalSize, stream })) {
      if (before + chunk.data.length > own) return chunk.offset + own - before
      before += chunk.data.length
    }
    return this.journalSize
  }
}

async function countTo(journal: Journal, marks: LineMarks, offset: number): Promise<LineMark> {
  const number = Math.min(Math.floor(offset / markedBytes), marks.last)
  const counter = new LineCounter(0, marks.at(number))
  for await (const { stream, data, wallMs } of journal.read({ from: number * markedBytes, to: offset })) {
    counter.add(stream, data, wallMs)
  }
  return counter.counted
}

function bytesOf(mark: LineMark, journalOffset: number, stream: JournalStream | undefined): number {
  if (!stream) return journalOffset
  return stream === 'stderr' ? mark.stderrBytes : journalOffset - mark.stderrBytes
}

function lineFeedsOf(mark: LineMark, stream: JournalStream | undefined): number {
  if (!stream) return mark.lineFeeds
  return stream === 'stderr' ? mark.stderrLineFeeds : mark.lineFeeds - mark.stderrLineFeeds
}
