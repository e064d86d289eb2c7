/** The last rows of a journal as elements, as many as fit. Cheaper than a terminal: nothing scrolls, nothing is measured. */
import { ansiSpans } from '@/components/ui/ansi-spans'
import type { LineRow } from './line-model'

/** Longer rows are clipped by every screen. */
const maxDrawnLength = 1000

interface DrawnRow {
  element: HTMLElement
  row: LineRow | null
  version: number
}

export class TailView {
  private readonly drawn: DrawnRow[] = []

  /** @param host its children are the rows */
  constructor(private readonly host: HTMLElement) {}

  /** @param count the number of rows that fit */
  draw(rows: readonly LineRow[], count: number): void {
    const last = rows.slice(-count)
    while (this.drawn.length > last.length) this.drawn.pop()?.element.remove()
    while (this.drawn.length < last.length) this.drawn.push(this.addRow())
    last.forEach((row, index) => {
      const drawn = this.drawn[index]
      if (!drawn || (drawn.row === row && drawn.version === row.version)) return
      drawn.row = row
      drawn.version = row.version
      drawText(drawn.element, row.text)
      drawn.element.toggleAttribute('data-stderr', row.stream === 'stderr')
    })
  }

  private addRow(): DrawnRow {
    const element = document.createElement('div')
    element.className = 'tail-row'
    this.host.append(element)
    return { element, row: null, version: -1 }
  }
}

function drawText(element: HTMLElement, text: string): void {
  const clipped = text.length > maxDrawnLength ? text.slice(0, maxDrawnLength) : text
  if (!clipped.includes('\x1b')) {
    // An empty row has the height of a row too.
    element.textContent = clipped === '' ? '\u200b' : clipped
    return
  }
  element.replaceChildren(
    ...ansiSpans(clipped).map(({ text: part, css }) => {
      if (css === null) return document.createTextNode(part)
      const span = document.createElement('span')
      Object.assign(span.style, css)
      span.textContent = part
      return span
    }),
  )
}
