/**
 * The column next to the log: number and time of each line, and a bar where stderr wrote. Separate from the terminal's cells,
 * so that they are neither copied nor found.
 */
import { type TimeMode, timeText } from './lines/times'
import type { LineEntry } from './row-ledger'

interface GutterRow {
  element: HTMLElement
  number: HTMLElement
  time: HTMLElement
  shownNumber: string
  shown: string
  stderr: boolean
}

export class Gutter {
  private readonly rows: GutterRow[] = []
  private prefix = ''
  private mode: TimeMode = 'clock'
  private startMs: number | null = null
  private rowHeight = 0
  private digits = 0

  constructor(private readonly host: HTMLElement) {}

  /** Put this before each time, to mark times of arrival. */
  setPrefix(prefix: string): void {
    this.prefix = prefix
  }

  /** @param startMs when the log starts, ms since epoch; null while unknown */
  setMode(mode: TimeMode, startMs: number | null): void {
    this.mode = mode
    this.startMs = startMs
  }

  /**
   * @param rowHeight CSS pixels of a row of the terminal
   * @param firstLine number of the first loaded line; null while it is not known
   */
  draw(entries: readonly LineEntry[], rowHeight: number, firstLine: number | null): void {
    if (rowHeight !== this.rowHeight) {
      this.rowHeight = rowHeight
      this.host.style.setProperty('--log-row', `${rowHeight}px`)
    }
    while (this.rows.length > entries.length) this.rows.pop()?.element.remove()
    while (this.rows.length < entries.length) this.rows.push(this.addRow())
    let previous: number | null = null
    entries.forEach((entry, index) => {
      const row = this.rows[index]
      if (!row) return
      const number = entry.number === null || firstLine === null ? '' : String(firstLine + entry.number)
      if (number !== row.shownNumber) {
        row.shownNumber = number
        row.number.textContent = number
        this.widenFor(number.length)
      }
      const time = timeText(this.mode, entry.wallMs, this.mode === 'start' ? this.startMs : previous)
      const text = time === '' ? '' : this.prefix + time
      previous = entry.wallMs ?? previous
      if (text !== row.shown) {
        row.shown = text
        row.time.textContent = text
      }
      if (entry.stderr !== row.stderr) {
        row.stderr = entry.stderr
        row.element.toggleAttribute('data-stderr', entry.stderr)
      }
    })
  }

  /** The column only becomes wider, so that the log does not move while it scrolls. */
  private widenFor(digits: number): void {
    if (digits <= this.digits) return
    this.digits = Math.max(3, digits)
    this.host.style.setProperty('--log-digits', `${this.digits}ch`)
  }

  private addRow(): GutterRow {
    const element = document.createElement('div')
    element.className = 'log-gutter-row'
    const time = document.createElement('span')
    const number = document.createElement('div')
    number.className = 'log-gutter-number'
    element.append(number, time)
    this.host.append(element)
    return { element, number, time, shownNumber: '', shown: '', stderr: false }
  }
}
