/**
 * Rows of several journals in one order: by the time at which the target read the first byte of a row. Rows of one source
 * never change places among each other, and rows of the same millisecond stand in the order of the sources.
 *
 * Live rows are held back for a moment, so that rows of other sources with an earlier time can arrive. A row that arrives
 * even later is put at its time all the same: the order after a reload is the same.
 */
import type { LineRow } from './line-model'

export interface MergedRow {
  /** Index of the source. */
  readonly source: number
  readonly row: LineRow
  /** ms since epoch; -Infinity for rows before the first known time of a source without times. */
  readonly time: number
}

/** How far a source is loaded. Where other sources reach further, rows of this one are missing. */
interface SourceRange {
  /** Time of the first loaded row; null while there is none. */
  firstTime: number | null
  /** Time of the last row, before which the next ones are not placed. */
  lastTime: number
  /** Everything before the first loaded row is loaded: it is the start of the journal. */
  hasStart: boolean
  /** Everything after the last loaded row is loaded or arrives live. */
  hasEnd: boolean
}

interface HeldRow extends MergedRow {
  readonly arrivedAt: number
}

export class MergedLines {
  /** In order. Rows outside of the range that all sources cover are included. */
  readonly rows: MergedRow[] = []
  private readonly ranges: SourceRange[] = []
  private held: HeldRow[] = []

  /** @param reorderMs how long live rows are held back */
  constructor(
    sources: number,
    private readonly reorderMs: number,
  ) {
    for (let source = 0; source < sources; source += 1) {
      this.ranges.push({ firstTime: null, lastTime: Number.NEGATIVE_INFINITY, hasStart: false, hasEnd: false })
    }
  }

  /** Whether a source is loaded from its start, and to its end. */
  setRange(source: number, range: Partial<Pick<SourceRange, 'hasStart' | 'hasEnd'>>): void {
    Object.assign(this.range(source), range)
  }

  /** Live rows of a source, which follow its earlier ones. @param now ms of a monotonic clock */
  append(source: number, rows: readonly LineRow[], now: number): void {
    const range = this.range(source)
    for (const row of rows) {
      const time = Math.max(range.lastTime, row.wallMs ?? range.lastTime)
      range.lastTime = time
      range.firstTime ??= time
      this.held.push({ source, row, time, arrivedAt: now })
    }
  }

  /** Rows of a source that precede the ones that are loaded. */
  prepend(source: number, rows: readonly LineRow[]): void {
    const range = this.range(source)
    const latest = range.firstTime ?? Number.POSITIVE_INFINITY
    let last = Number.NEGATIVE_INFINITY
    const added = rows.map((row): MergedRow => {
      last = Math.min(latest, Math.max(last, row.wallMs ?? last))
      return { source, row, time: last }
    })
    if (added[0]) range.firstTime = added[0].time
    if (range.lastTime === Number.NEGATIVE_INFINITY) range.lastTime = last
    this.insert(added)
  }

  /** Put the rows that were held back long enough at their time. @returns whether there were any */
  release(now: number): boolean {
    const ready = this.held.filter(({ arrivedAt }) => now - arrivedAt >= this.reorderMs)
    if (ready.length === 0) return false
    this.held = this.held.filter(({ arrivedAt }) => now - arrivedAt < this.reorderMs)
    this.insert(ready.sort(compareRows))
    return true
  }

  /**
   * Drop the oldest rows above this number.
   * @returns for each source that lost rows, the offset of its first remaining row; null where none remains
   */
  trim(maxRows: number): Map<number, number | null> {
    const lost = new Map<number, number | null>()
    // In batches, because each removal moves the rest.
    if (this.rows.length <= maxRows * 1.25) return lost
    for (const { source } of this.rows.splice(0, this.rows.length - maxRows)) lost.set(source, null)
    const firstTime = this.rows[0]?.time ?? null
    for (const source of lost.keys()) {
      const first = this.rows.find((row) => row.source === source)
      lost.set(source, first?.row.offset ?? null)
      Object.assign(this.range(source), { hasStart: false, firstTime })
    }
    return lost
  }

  get hasHeld(): boolean {
    return this.held.length > 0
  }

  /** Rows at times that all of these sources cover. */
  covered(enabled: (source: number) => boolean): MergedRow[] {
    const { from, to } = this.coverage(enabled)
    return this.rows.filter(({ source, time }) => enabled(source) && time >= from && time <= to)
  }

  /** The times between which all of these sources are loaded. */
  coverage(enabled: (source: number) => boolean): { from: number; to: number } {
    let from = Number.NEGATIVE_INFINITY
    let to = Number.POSITIVE_INFINITY
    this.ranges.forEach(({ firstTime, lastTime, hasStart, hasEnd }, source) => {
      if (!enabled(source) || firstTime === null) return
      if (!hasStart) from = Math.max(from, firstTime)
      if (!hasEnd) to = Math.min(to, lastTime)
    })
    return { from, to }
  }

  /** The sources that have to load more, so that earlier (or later) rows can be shown. */
  limiting(direction: 'earlier' | 'later', enabled: (source: number) => boolean): number[] {
    const { from, to } = this.coverage(enabled)
    return this.ranges.flatMap(({ firstTime, lastTime, hasStart, hasEnd }, source) => {
      if (!enabled(source) || firstTime === null) return []
      const limits = direction === 'earlier' ? !hasStart && firstTime === from : !hasEnd && lastTime === to
      return limits ? [source] : []
    })
  }

  /** Insert sorted rows. */
  private insert(added: readonly MergedRow[]): void {
    const first = added[0]
    if (!first) return
    // Nearly always, all of them belong to the end.
    let at = this.rows.length
    while (at > 0 && compareRows(this.rows[at - 1] as MergedRow, first) > 0) at -= 1
    const tail = this.rows.splice(at)
    let next = 0
    for (const row of added) {
      while (next < tail.length && compareRows(tail[next] as MergedRow, row) <= 0)
        this.rows.push(tail[next++] as MergedRow)
      this.rows.push(row)
    }
    while (next < tail.length) this.rows.push(tail[next++] as MergedRow)
  }

  private range(source: number): SourceRange {
    const range = this.ranges[source]
    if (!range) throw new RangeError(`there is no source ${source}`)
    return range
  }
}

/** By time, then by source, then by position in the source. */
function compareRows(one: MergedRow, other: MergedRow): number {
  return (
    one.time - other.time || one.source - other.source || one.row.offset - other.row.offset || one.row.id - other.row.id
  )
}
