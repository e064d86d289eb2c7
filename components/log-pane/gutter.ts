/**
 * The column beside the log: the journal's time of each line, and a bar where stderr wrote. It is drawn beside the
 * cells, so that the bytes, what is copied and what is found stay clean.
 */
import type { LineEntry } from './row-ledger'

interface GutterRow {
  element: HTMLElement
  time: HTMLElement
  shown: string
  stderr: boolean
}

export class Gutter {
  readonly #host: HTMLElement
  readonly #rows: GutterRow[] = []
  /** Put before each time; where the target keeps none they are those of arrival, and this says so. */
  #mark = ''
  #rowHeight = 0

  constructor(host: HTMLElement) {
    this.#host = host
  }

  setMark(mark: string): void {
    this.#mark = mark
  }

  /** @param rowHeight CSS pixels of a row of the terminal */
  draw(entries: readonly LineEntry[], rowHeight: number): void {
    if (rowHeight !== this.#rowHeight) {
      this.#rowHeight = rowHeight
      this.#host.style.setProperty('--log-row', `${rowHeight}px`)
    }
    while (this.#rows.length > entries.length) this.#rows.pop()?.element.remove()
    while (this.#rows.length < entries.length) this.#rows.push(this.#addRow())
    entries.forEach((entry, index) => {
      const row = this.#rows[index]
      if (!row) return
      const text = entry.wallMs === null ? '' : this.#mark + clockTime(entry.wallMs)
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

  #addRow(): GutterRow {
    const element = document.createElement('div')
    element.className = 'log-gutter-row'
    const time = document.createElement('span')
    element.append(time)
    this.#host.append(element)
    return { element, time, shown: '', stderr: false }
  }
}

/** `14:02:11.018` in the reader's timezone. */
export function clockTime(wallMs: number): string {
  const at = new Date(wallMs)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`
}
