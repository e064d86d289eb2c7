/**
 * What is known of each row of the terminal's buffer beside its cells: when its line began, where in the journal, and
 * whether stderr wrote on it. Rows are numbered for ever ("absolute"): the buffer drops rows at its top, their
 * numbers do not come back.
 */

const stderrBit = 1

export class RowLedger {
  readonly #mask: number
  readonly #wallMs: Float64Array
  readonly #offset: Float64Array
  readonly #flags: Uint8Array
  readonly #row: Float64Array

  /** @param rows how many rows are remembered; at least the length of the terminal's buffer */
  constructor(rows: number) {
    const size = 2 ** Math.ceil(Math.log2(rows))
    this.#mask = size - 1
    this.#wallMs = new Float64Array(size).fill(Number.NaN)
    this.#offset = new Float64Array(size)
    this.#flags = new Uint8Array(size)
    this.#row = new Float64Array(size).fill(-1)
  }

  /** A line begins on this row. `wallMs` is null where the target gives no times. */
  beginLine(row: number, wallMs: number | null, offset: number): void {
    const at = this.#slot(row)
    this.#wallMs[at] = wallMs ?? Number.NaN
    this.#offset[at] = offset
  }

  /** Nothing was written on this row yet: its time is that of the byte to come. */
  awaitLine(row: number): void {
    const at = this.#slot(row)
    this.#wallMs[at] = Number.NaN
    this.#offset[at] = Number.NaN
  }

  isAwaiting(row: number): boolean {
    return !this.#knows(row) || Number.isNaN(this.#offset[row & this.#mask] ?? Number.NaN)
  }

  /** stderr wrote on these rows, both ends included. */
  markStderr(first: number, last: number): void {
    for (let row = Math.max(first, last - this.#mask); row <= last; row += 1) {
      const at = this.#slot(row)
      this.#flags[at] = (this.#flags[at] ?? 0) | stderrBit
    }
  }

  isStderr(row: number): boolean {
    return this.#knows(row) && ((this.#flags[row & this.#mask] ?? 0) & stderrBit) !== 0
  }

  /** When the line on this row began, ms since epoch; null for a continued row and where it is not known. */
  wallMs(row: number): number | null {
    const wallMs = this.#knows(row) ? (this.#wallMs[row & this.#mask] ?? Number.NaN) : Number.NaN
    return Number.isNaN(wallMs) ? null : wallMs
  }

  /** Where in the journal the line on this row begins; null for a continued row. */
  offset(row: number): number | null {
    const offset = this.#knows(row) ? (this.#offset[row & this.#mask] ?? Number.NaN) : Number.NaN
    return Number.isNaN(offset) ? null : offset
  }

  /** Forget everything: the buffer was emptied. */
  clear(): void {
    this.#row.fill(-1)
    this.#wallMs.fill(Number.NaN)
    this.#flags.fill(0)
  }

  /** The entries of some rows, in the given order, to be put down again by `restore`. */
  take(rows: readonly number[]): LineEntry[] {
    return rows.map((row) => ({ wallMs: this.wallMs(row), offset: this.offset(row), stderr: this.isStderr(row) }))
  }

  /** One entry a row, as a continued row has neither time nor offset. */
  restore(row: number, entry: LineEntry | undefined): void {
    const at = this.#slot(row)
    this.#wallMs[at] = entry?.wallMs ?? Number.NaN
    this.#offset[at] = entry?.offset ?? Number.NaN
    this.#flags[at] = entry?.stderr ? stderrBit : 0
  }

  #knows(row: number): boolean {
    return row >= 0 && this.#row[row & this.#mask] === row
  }

  /** The place of a row; what an earlier row left there is wiped. */
  #slot(row: number): number {
    const at = row & this.#mask
    if (this.#row[at] !== row) {
      this.#row[at] = row
      this.#wallMs[at] = Number.NaN
      this.#offset[at] = Number.NaN
      this.#flags[at] = 0
    }
    return at
  }
}

export interface LineEntry {
  wallMs: number | null
  offset: number | null
  stderr: boolean
}
