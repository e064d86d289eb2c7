/**
 * Data about the rows of the terminal's buffer: when the line of a row started, where in the journal, its number,
 * and whether stderr wrote on the row. Row numbers are absolute: when the buffer drops rows at its top, the numbers of the other
 * rows do not change. The data is in a ring of typed arrays.
 */

const stderrBit = 1

export class RowLedger {
  private readonly slotMask: number
  private readonly lineTimes: Float64Array
  private readonly lineOffsets: Float64Array
  private readonly lineNumbers: Float64Array
  private readonly lineFlags: Uint8Array
  private readonly rowNumbers: Float64Array

  /** @param rows the number of rows to remember; at least the length of the terminal's buffer */
  constructor(rows: number) {
    const size = 2 ** Math.ceil(Math.log2(rows))
    this.slotMask = size - 1
    this.lineTimes = new Float64Array(size).fill(Number.NaN)
    this.lineOffsets = new Float64Array(size)
    this.lineNumbers = new Float64Array(size)
    this.lineFlags = new Uint8Array(size)
    this.rowNumbers = new Float64Array(size).fill(-1)
  }

  /**
   * A line starts on this row. `wallMs` is null where the target records no times; `number` counts from 0 at the start of
   * the loaded part.
   */
  beginLine(row: number, wallMs: number | null, offset: number, number: number): void {
    const at = this.slot(row)
    this.lineNumbers[at] = number
    this.lineTimes[at] = wallMs ?? Number.NaN
    this.lineOffsets[at] = offset
  }

  /** The row is still empty: its line starts with the next byte. */
  awaitLine(row: number): void {
    const at = this.slot(row)
    this.lineTimes[at] = Number.NaN
    this.lineOffsets[at] = Number.NaN
  }

  isAwaiting(row: number): boolean {
    return !this.has(row) || Number.isNaN(this.lineOffsets[row & this.slotMask] ?? Number.NaN)
  }

  /** stderr wrote on the rows from `first` to `last`, inclusive. */
  markStderr(first: number, last: number): void {
    for (let row = Math.max(first, last - this.slotMask); row <= last; row += 1) {
      const at = this.slot(row)
      this.lineFlags[at] = (this.lineFlags[at] ?? 0) | stderrBit
    }
  }

  isStderr(row: number): boolean {
    return this.has(row) && ((this.lineFlags[row & this.slotMask] ?? 0) & stderrBit) !== 0
  }

  /** When the line on this row started, ms since epoch; null for a continued row and where the time is unknown. */
  wallMs(row: number): number | null {
    const wallMs = this.has(row) ? (this.lineTimes[row & this.slotMask] ?? Number.NaN) : Number.NaN
    return Number.isNaN(wallMs) ? null : wallMs
  }

  /** Offset of the line on this row in the journal; null for a continued row. */
  offset(row: number): number | null {
    const offset = this.has(row) ? (this.lineOffsets[row & this.slotMask] ?? Number.NaN) : Number.NaN
    return Number.isNaN(offset) ? null : offset
  }

  /** Number of the line on this row in the loaded part, from 0; null for a continued row. */
  number(row: number): number | null {
    return this.offset(row) === null ? null : (this.lineNumbers[row & this.slotMask] ?? null)
  }

  /** Forget everything, when the buffer was cleared. */
  clear(): void {
    this.rowNumbers.fill(-1)
    this.lineTimes.fill(Number.NaN)
    this.lineFlags.fill(0)
  }

  /** The entries of some rows, in the given order. */
  take(rows: readonly number[]): LineEntry[] {
    return rows.map((row) => this.lineEntry(row, row))
  }

  /** The entry of a line on the rows from `first` to `last`, to be restored after the rows were rearranged. */
  lineEntry(first: number, last: number): LineEntry {
    let stderr = false
    for (let row = first; row <= last && !stderr; row += 1) stderr = this.isStderr(row)
    return { wallMs: this.wallMs(first), offset: this.offset(first), number: this.number(first), stderr }
  }

  restoreLine(first: number, last: number, entry: LineEntry | undefined): void {
    const slot = this.slot(first)
    this.lineTimes[slot] = entry?.wallMs ?? Number.NaN
    this.lineOffsets[slot] = entry?.offset ?? Number.NaN
    this.lineNumbers[slot] = entry?.number ?? 0
    this.lineFlags[slot] = entry?.stderr ? stderrBit : 0
    if (entry?.stderr && last > first) this.markStderr(first + 1, last)
  }

  private has(row: number): boolean {
    return row >= 0 && this.rowNumbers[row & this.slotMask] === row
  }

  /** The slot of a row in the ring, cleared when it was used by an earlier row. */
  private slot(row: number): number {
    const at = row & this.slotMask
    if (this.rowNumbers[at] !== row) {
      this.rowNumbers[at] = row
      this.lineTimes[at] = Number.NaN
      this.lineOffsets[at] = Number.NaN
      this.lineFlags[at] = 0
    }
    return at
  }
}

export interface LineEntry {
  wallMs: number | null
  offset: number | null
  number: number | null
  stderr: boolean
}
