/**
 * The rows of a part of a journal, as a person reads them: control sequences are reduced to safe colours, a progress bar
 * that rewrites its line stays one row, and a stream that starts to write in the middle of a line of the other stream
 * starts a row of its own. For lists of rows without a terminal; the journal and downloads stay exact.
 */
import type { JournalStream } from '@/lib/process-api/extensions'
import type { JournalChunk } from '@/lib/process-api/journal-frame'
import { OutputTokens, type TokenSink } from '../output-tokens'
import { blockRows } from '../progress-block'

export interface LineRow {
  /** Grows by one with each row. */
  readonly id: number
  /** Offset of the first byte in the journal. */
  readonly offset: number
  /** When the first byte was read, ms since epoch; null where the target records no times. */
  readonly wallMs: number | null
  readonly stream: JournalStream
  /** Text with colours (SGR) only. */
  text: string
  /** A line feed has ended the row. */
  ended: boolean
  /** Grows with each change of the text. */
  version: number
}

interface OpenRow extends LineRow {
  /** The text contains colours, so that its length is not its width. */
  styled: boolean
  /** A carriage return or a move has rewritten the row. */
  rewritten: boolean
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
/** A row is ended when its text gets this long, so that output without line feeds cannot fill the memory. */
const maxRowLength = 16 * 1024
/** Colours that later rows start with: more than this many sequences are not carried over. */
const maxCarriedRenditions = 8

export class LineModel {
  /** Oldest first. */
  readonly rows: OpenRow[] = []
  private current: OpenRow | null = null
  private column = 0
  /** The cursor was moved up into rows that exist already. */
  private isMovedUp = false
  private nextId = 0
  private renditions: string[] = []
  private chunk: JournalChunk | null = null
  /** How far the line feeds of the chunk were counted. */
  private scanned = 0
  private readonly suspended: Partial<Record<JournalStream, { row: OpenRow; column: number }>> = {}
  private readonly decoders = { stdout: newDecoder(), stderr: newDecoder() }
  private readonly tokens: Record<JournalStream, OutputTokens>

  /**
   * @param maxRows the oldest rows above this number are dropped
   * @param raw show control characters and sequences instead of interpreting them
   */
  constructor(
    private readonly maxRows: number,
    private readonly raw = false,
  ) {
    const sink: TokenSink = {
      text: (text) => this.text(text),
      hidden: (notation) => this.styledText(`\x1b[7m${notation}\x1b[27m`),
      carriageReturn: () => this.moveTo(0),
      rendition: ({ params }) => this.rendition(params),
      edit: (sequence) => this.erase(sequence),
      move: (sequence) => this.move(sequence),
      link: () => undefined,
    }
    this.tokens = { stdout: new OutputTokens(sink), stderr: new OutputTokens(sink) }
  }

  push(chunk: JournalChunk): void {
    if (chunk.data.length === 0) return
    this.chunk = chunk
    this.scanned = 0
    this.switchTo(chunk)
    const text = this.decoders[chunk.stream].decode(chunk.data, { stream: true })
    this.tokens[chunk.stream].next(text, this.raw)
    this.trim()
  }

  private switchTo({ stream, data }: JournalChunk): void {
    const { current } = this
    if (current !== null && current.stream === stream) return
    if (current !== null) this.suspended[current.stream] = { row: current, column: this.column }
    this.current = null
    this.column = 0
    this.isMovedUp = false
    const before = this.suspended[stream]
    delete this.suspended[stream]
    // A progress bar continues in its row when the other stream has printed meanwhile.
    if (!before || !(before.row.rewritten || data[0] === carriageReturn)) return
    this.current = before.row
    this.column = before.column
  }

  private text(text: string): void {
    let from = 0
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      if (at > from) this.write(text.slice(from, at))
      this.lineFeed()
      from = at + 1
    }
    if (from < text.length) this.write(text.slice(from))
  }

  private write(text: string): void {
    let from = 0
    for (let at = text.indexOf('\b'); at !== -1; at = text.indexOf('\b', from)) {
      if (at > from) this.put(text.slice(from, at))
      this.column = Math.max(0, this.column - 1)
      from = at + 1
    }
    if (from < text.length) this.put(text.slice(from))
  }

  /** Text without control characters, at the cursor. */
  private put(text: string): void {
    const row = this.openRow()
    const { length } = row.text
    if (row.styled) row.text = this.column === 0 ? this.carried + text : row.text + text
    else if (this.column === length) row.text += text
    else
      row.text = row.text.slice(0, this.column).padEnd(this.column) + text + row.text.slice(this.column + text.length)
    if (row.styled && this.column === 0) row.styled = this.renditions.length > 0
    row.version += 1
    this.column += text.length
    if (row.text.length > maxRowLength) this.endRow(row)
  }

  private styledText(text: string): void {
    const row = this.openRow()
    row.styled = true
    this.put(text)
    row.styled = true
  }

  private rendition(params: string): void {
    const sequence = `\x1b[${params}m`
    if (params === '' || params === '0') this.renditions = []
    else this.renditions = [...this.renditions, sequence].slice(-maxCarriedRenditions)
    const row = this.current
    if (row === null) return
    // At the start of a rewritten row, the next text brings its colours itself.
    if (this.column === 0 && row.text !== '') {
      row.styled = true
      return
    }
    row.styled = true
    row.text += sequence
    row.version += 1
    if (this.column === 0) this.column = 1
  }

  private get carried(): string {
    return this.renditions.join('')
  }

  private moveTo(column: number): void {
    if (this.current !== null && column < this.column) this.current.rewritten = true
    this.column = column
  }

  private erase(sequence: string): void {
    const row = this.current
    if (row === null || !sequence.endsWith('K')) return
    if (sequence === '\x1b[2K') row.text = ''
    else if (sequence !== '\x1b[1K' && (this.column === 0 || !row.styled)) row.text = row.text.slice(0, this.column)
    row.version += 1
    if (row.text === '') row.styled = false
  }

  private move(sequence: string): void {
    for (const [, digits, kind] of sequence.matchAll(/\x1b\[(\d*)([A-J])/g)) {
      const count = digits === '' ? 1 : Number(digits)
      if (kind === 'A') this.moveUp(count)
      else if (kind === 'B') this.moveDown(count)
      else if (kind === 'C') this.moveTo(this.column + count)
      else if (kind === 'D') this.moveTo(Math.max(0, this.column - count))
      else if (kind === 'G') this.moveTo(count - 1)
      else if (kind === 'J') this.eraseBelow()
    }
  }

  /** The index of the row that the cursor is on; the number of rows while no row was started there. */
  private get cursor(): number {
    return this.current === null ? this.rows.length : this.rows.lastIndexOf(this.current)
  }

  private moveUp(count: number): void {
    const at = this.cursor - count
    if (count >= blockRows || at < 0) return
    this.current = this.rows[at] ?? null
    this.isMovedUp = true
    if (this.current) this.current.rewritten = true
  }

  private moveDown(count: number): void {
    if (this.current === null) return
    const at = this.cursor + count
    this.current = this.rows[at] ?? this.current
  }

  private eraseBelow(): void {
    const from = this.cursor + (this.column === 0 ? 0 : 1)
    for (const row of this.rows.slice(from)) {
      row.text = ''
      row.styled = false
      row.version += 1
    }
  }

  private lineFeed(): void {
    const row = this.openRow()
    const { chunk } = this
    if (chunk) {
      const index = chunk.data.indexOf(lineFeed, this.scanned)
      if (index !== -1) this.scanned = index + 1
    }
    const below = this.isMovedUp ? this.rows[this.rows.lastIndexOf(row) + 1] : undefined
    this.endRow(row)
    // Below a row that the cursor moved up to, the rows exist already.
    if (below) this.current = below
    else this.isMovedUp = false
  }

  private endRow(row: OpenRow): void {
    row.ended = true
    row.version += 1
    this.current = null
    this.column = 0
  }

  private openRow(): OpenRow {
    if (this.current) return this.current
    const { chunk } = this
    const row: OpenRow = {
      id: this.nextId++,
      offset: (chunk?.offset ?? 0) + this.scanned,
      wallMs: chunk?.wallMs ?? null,
      stream: chunk?.stream ?? 'stdout',
      text: this.carried,
      styled: this.renditions.length > 0,
      rewritten: false,
      ended: false,
      version: 0,
    }
    if (row.styled) this.column = row.text.length
    this.rows.push(row)
    this.current = row
    return row
  }

  private trim(): void {
    const excess = this.rows.length - this.maxRows
    // In batches, because each removal moves the rest.
    if (excess > this.maxRows / 4) this.rows.splice(0, excess)
  }
}

function newDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true })
}
