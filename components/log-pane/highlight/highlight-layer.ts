/** Marks of highlight rules over the visible rows of a log. They are drawn over the text and let it shine through. */
import type { CellRange } from './cell-ranges'
import type { HighlightColor, HighlightRule } from './highlight-rules'
import { RuleMatcher } from './rule-matcher'

interface HighlightScreen {
  /** The element of the grid; null until it is drawn. */
  readonly grid: HTMLElement | null
  /** CSS pixels of a cell. */
  readonly rowHeight: number
  readonly cellWidth: number
  /** Where texts are on the screen, in rows from its top. */
  matchScreen<Item>(find: (text: string) => readonly { start: number; end: number; item: Item }[]): CellRange<Item>[]
}

export class HighlightLayer {
  private matcher = new RuleMatcher([])
  private layer: HTMLElement | null = null
  private marks: HTMLElement[] = []
  private drawn = ''

  constructor(private readonly screen: HighlightScreen) {}

  setRules(rules: readonly HighlightRule[]): void {
    this.matcher = new RuleMatcher(rules)
  }

  /** Called with each frame in which the screen may have changed. */
  draw(): void {
    if (this.matcher.isEmpty && this.marks.length === 0) return
    const ranges = this.screen.matchScreen((text) =>
      this.matcher.find(text).map(({ start, end, rule }) => ({ start, end, item: rule.color })),
    )
    const { rowHeight, cellWidth } = this.screen
    const state = JSON.stringify([rowHeight, cellWidth, ranges])
    if (state === this.drawn) return
    this.drawn = state
    const layer = this.ensureLayer()
    if (!layer) return
    while (this.marks.length > ranges.length) this.marks.pop()?.remove()
    while (this.marks.length < ranges.length) this.marks.push(layer.appendChild(document.createElement('div')))
    for (const [index, range] of ranges.entries()) place(this.marks[index], range, rowHeight, cellWidth)
  }

  private ensureLayer(): HTMLElement | null {
    const { grid } = this.screen
    if (!grid) return null
    if (this.layer?.parentElement !== grid) {
      this.layer = document.createElement('div')
      this.layer.className = 'log-highlights'
      this.layer.ariaHidden = 'true'
      grid.append(this.layer)
      this.marks = []
    }
    return this.layer
  }
}

function place(
  mark: HTMLElement | undefined,
  { row, from, to, item }: CellRange<HighlightColor>,
  rowHeight: number,
  cellWidth: number,
): void {
  if (!mark) return
  mark.dataset.color = item
  mark.style.cssText = `top:${row * rowHeight}px;left:${from * cellWidth}px;width:${(to - from) * cellWidth}px;height:${rowHeight}px`
}
