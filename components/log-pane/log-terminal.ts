/**
 * An xterm that displays a journal and accepts no input. It receives only what `LogFilter` passes, so that no output
 * can clear, cover or reorder earlier output. In addition to the cells it knows, for each row, when its line started
 * and whether stderr wrote on it.
 */
import { WebLinksAddon } from '@xterm/addon-web-links'
import { type IBuffer, Terminal } from '@xterm/xterm'
import type { TerminalTheme } from '@/components/theme/terminal-theme'
import { GraphemesAddon } from '@/lib/display/graphemes'
import type { JournalChunk } from '@/lib/process-api/journal-frame'
import { AbsoluteRows } from './absolute-rows'
import { bufferLines, bufferText, hasWrappedRow, lastTextRow, maxLineLength } from './buffer-lines'
import { type CellRange, matchRows } from './highlight/cell-ranges'
import { LineTracker } from './line-tracker'
import { LogFilter } from './log-filter'
import { type LogFont, logFont } from './log-font'
import { parseSlices } from './parse-slices'
import { ProgressBlock } from './progress-block'
import { type LineEntry, RowLedger } from './row-ledger'
import { ScrollLock } from './scroll-lock'
import { scrollToRow } from './scroll-to-row'
import { type SourceLinks, sourceLinkProvider } from './source-links'
import { type FindOptions, type FindOutcome, type MatchColors, TerminalFind } from './terminal-find'

/** The number of loaded lines above the screen. */
export const scrollback = 20_000
/** Limit of the cells in an unwrapped buffer: 48 MB, at xterm's 12 bytes per cell. */
const maxUnwrappedCells = 4_000_000
/** The widths of an unwrapped view, in columns. Lines that exceed the last are wrapped. */
const unwrappedWidths = [160, 256, 512, 1024, 2048]
const maxUnwrappedWidth = 2048
/** After a chunk, this many rows are checked for wrapped lines. */
const wrapCheckRows = 200
/** The width of xterm's scrollbar, which covers the right edge. */
const scrollbarWidth = 14
const encoder = new TextEncoder()

export interface LogTerminalEvents {
  /** The rows on the screen, their times, or the position may have changed. */
  onView(): void
  /** The user scrolled. */
  onScroll(): void
  onLink(url: string): void
  onMatches(index: number, count: number): void
  /** Text of this chunk is written. */
  onText(text: string, chunk: JournalChunk): void
}

export class LogTerminal {
  private readonly terminal: Terminal
  private readonly rowNumbers: AbsoluteRows
  private readonly ledger = new RowLedger(scrollback + 1000)
  private readonly tracker: LineTracker
  private readonly scroll: ScrollLock
  private readonly finder: TerminalFind
  private readonly filter = new LogFilter()
  private readonly block: ProgressBlock
  private sourceLinks: SourceLinks | null = null
  private isWrapped = true
  private isRaw = false
  private paneColumns = 80
  private measuredRowHeight = 0

  constructor(
    host: HTMLElement,
    font: LogFont,
    theme: TerminalTheme,
    private readonly events: LogTerminalEvents,
  ) {
    this.terminal = createTerminal(font, theme, events.onLink)
    this.finder = new TerminalFind(this.terminal, events.onMatches)
    this.rowNumbers = new AbsoluteRows(this.terminal)
    this.tracker = new LineTracker(this.rowNumbers, this.ledger)
    this.scroll = new ScrollLock(this.terminal, this.rowNumbers)
    this.block = new ProgressBlock(
      this.terminal.parser,
      () => ({ row: this.rowNumbers.cursor, above: this.buffer.cursorY }),
      // Erasing rows disposes their markers; the cursor's own row is never erased.
      () => this.rowNumbers.renewMarker(),
    )
    this.terminal.registerLinkProvider(sourceLinkProvider(this.terminal, () => this.sourceLinks))
    this.terminal.open(host)
    // The pane handles the keys. A disabled field is not reached by the Tab key either.
    if (this.terminal.textarea) this.terminal.textarea.disabled = true
    this.terminal.onLineFeed(() => this.tracker.lineFeed())
    this.terminal.onRender(() => events.onView())
    this.terminal.onScroll(() => this.handleScroll())
  }

  private get buffer(): IBuffer {
    return this.terminal.buffer.active
  }

  dispose(): void {
    this.terminal.dispose()
  }

  /** Parse and show a chunk. `onParsed` is called when xterm has parsed it, in order. */
  write(chunk: JournalChunk, onParsed: () => void): void {
    this.afterWrites(() => {
      this.scroll.pinUnlessFollowing()
      this.tracker.begin(chunk)
    })
    const text = this.filter.next(chunk.stream, chunk.data)
    this.events.onText(text, chunk)
    this.writeText(text)
    this.afterWrites(() => {
      this.handleParsed(this.tracker.end(chunk))
      onParsed()
    })
  }

  /** From the next `reset`, show control characters instead of interpreting them. @returns whether that is a change */
  setRaw(raw: boolean): boolean {
    const changed = raw !== this.isRaw
    this.isRaw = raw
    return changed
  }

  /** Clear everything, once the earlier writes were parsed. */
  reset(): void {
    this.filter.reset(this.isRaw)
    this.afterWrites(() => {
      this.terminal.reset()
      this.ledger.clear()
      this.tracker.reset()
      this.scroll.reset()
      this.block.reset(0)
      this.rowNumbers.reset()
      this.events.onView()
    })
  }

  /** The journal has ended for now: show a progress line completely. */
  settle(): void {
    this.writeText(this.filter.end())
  }

  /** Called when all earlier writes were parsed. */
  afterWrites(run: () => void): void {
    this.terminal.write('', run)
  }

  private writeText(text: string): void {
    for (const slice of parseSlices(encoder.encode(text))) this.terminal.write(slice)
  }

  /** The number of lines in the loaded part, an unfinished last line included. */
  get lines(): number {
    return this.tracker.lines
  }

  /** Offset of the first line since the last reset, whose number is 0; null while nothing is loaded. */
  get loadedFrom(): number | null {
    return this.tracker.firstOffset
  }

  /** Offset of the last line on the screen; null for an empty screen. */
  get lastViewOffset(): number | null {
    const first = this.rowNumbers.viewport
    for (let row = first + this.terminal.rows - 1; row >= first; row -= 1) {
      const offset = this.ledger.offset(row)
      if (offset !== null) return offset
    }
    return null
  }

  get columns(): number {
    return this.terminal.cols
  }

  get rows(): number {
    return this.terminal.rows
  }

  get atBottom(): boolean {
    return this.scroll.isAtBottom
  }

  /** The number of rows below the screen. */
  get rowsBelow(): number {
    return this.buffer.baseY - this.buffer.viewportY
  }

  /** Whether lines were dropped at the top because the buffer was full. */
  get hasDropped(): boolean {
    return this.rowNumbers.dropped > 0
  }

  /** Offset of the first loaded line; null while nothing is loaded. */
  get topOffset(): number | null {
    return this.firstOffset(this.rowNumbers.dropped, this.buffer.length)
  }

  /** Offset of the first line on the screen; null for an empty screen. */
  get viewOffset(): number | null {
    return this.firstOffset(this.rowNumbers.viewport, this.terminal.rows)
  }

  private firstOffset(first: number, rows: number): number | null {
    for (let row = first; row < first + rows; row += 1) {
      const offset = this.ledger.offset(row)
      if (offset !== null) return offset
    }
    return null
  }

  /** Time and stream of each row on the screen, from the top. */
  screenRows(): LineEntry[] {
    const first = this.rowNumbers.viewport
    return this.ledger.take(Array.from({ length: this.terminal.rows }, (_, index) => first + index))
  }

  /** The element of the grid. */
  get grid(): HTMLElement | null {
    return this.terminal.element?.querySelector<HTMLElement>('.xterm-screen') ?? null
  }

  /** Width of a cell in CSS pixels. */
  get cellWidth(): number {
    return this.gridWidth / this.terminal.cols
  }

  /** Where texts are on the screen, in rows from its top. */
  matchScreen<Item>(find: (text: string) => readonly { start: number; end: number; item: Item }[]): CellRange<Item>[] {
    const { viewportY } = this.buffer
    const ranges = matchRows(this.buffer, viewportY, viewportY + this.terminal.rows - 1, find)
    return ranges.map((range) => ({ ...range, row: range.row - viewportY }))
  }

  /** Height of a row in CSS pixels, of the last layout: measuring at each frame would make the browser lay out twice. */
  get rowHeight(): number {
    if (this.measuredRowHeight === 0) this.measureRow()
    return this.measuredRowHeight
  }

  private measureRow(): void {
    const screen = this.terminal.element?.querySelector('.xterm-screen')
    this.measuredRowHeight = screen ? screen.clientHeight / this.terminal.rows : 0
  }

  /** The user used wheel, scrollbar, finger or key: the scroll events that follow are the user's. */
  touched(): void {
    this.scroll.touched()
  }

  /** Stay at the end while output arrives, or at the current row. */
  setFollowing(following: boolean): void {
    this.scroll.setFollowing(following)
  }

  scrollLines(count: number): void {
    this.terminal.scrollLines(count)
  }

  scrollPages(count: number): void {
    this.terminal.scrollPages(count)
  }

  scrollToTop(): void {
    this.terminal.scrollToTop()
  }

  scrollToBottom(): void {
    this.terminal.scrollToBottom()
  }

  /**
   * Scroll to the line that contains this offset.
   * @returns false where there are too few rows below the line to show it at the top of the screen
   */
  scrollToOffset(offset: number): boolean {
    const row = this.rowOf(offset)
    scrollToRow(this.terminal, row)
    this.scroll.pin()
    return row <= this.buffer.baseY
  }

  /** The first row of the line that contains this offset, counted from the buffer's top. */
  private rowOf(offset: number): number {
    const top = this.rowNumbers.dropped
    const { length } = this.buffer
    let found = 0
    for (let row = 0; row < length; row += 1) {
      const start = this.ledger.offset(top + row)
      if (start === null) continue
      if (start > offset) break
      found = row
    }
    return found
  }

  hasSelection(): boolean {
    return this.terminal.hasSelection()
  }

  selection(): string {
    return this.terminal.getSelection()
  }

  selectAll(): void {
    this.terminal.selectAll()
  }

  /** The text of all loaded lines. */
  text(): string {
    return bufferText(this.buffer)
  }

  /**
   * Find in the loaded part. The number of matches is reported by `onMatches`.
   * @param from start at the line of this offset instead of the current match
   */
  find(
    term: string,
    options: FindOptions,
    direction: 'next' | 'previous',
    colors: MatchColors,
    from?: number,
  ): FindOutcome {
    this.touched()
    return this.finder.find(term, options, direction, colors, from === undefined ? undefined : this.rowOf(from))
  }

  clearFind(): void {
    this.finder.clear()
  }

  /** Link the parts of the output that name a line of the source. */
  setSourceLinks(links: SourceLinks | null): void {
    this.sourceLinks = links
  }

  setTheme(theme: TerminalTheme): void {
    this.terminal.options.theme = withSelection(theme)
  }

  setScreenReader(on: boolean): void {
    this.terminal.options.screenReaderMode = on
  }

  /** Fit into this many CSS pixels, with the vertical scrollbar. Does nothing where there is no room for text. */
  layout(width: number, height: number): void {
    this.measureRow()
    const columns = Math.floor((width - scrollbarWidth) / this.cellWidth)
    const rows = Math.floor(height / this.rowHeight)
    if (!(columns >= 2 && rows >= 1)) return
    this.paneColumns = columns
    this.resize(this.isWrapped ? columns : Math.max(columns, this.terminal.cols), rows)
  }

  /** Width of the grid in CSS pixels. */
  get gridWidth(): number {
    return this.terminal.element?.querySelector('.xterm-screen')?.clientWidth ?? 0
  }

  get wrap(): boolean {
    return this.isWrapped
  }

  /** Wrap long lines at the width of the pane, or let the view scroll sideways. */
  setWrap(wrap: boolean): void {
    if (wrap === this.isWrapped) return
    this.isWrapped = wrap
    if (wrap) {
      this.terminal.options.scrollback = scrollback
      this.resize(this.paneColumns, this.terminal.rows)
    } else {
      this.widenFor(maxLineLength(this.buffer, this.terminal.cols))
    }
  }

  /** Widen an unwrapped view so that a line of this many characters fits. */
  private widenFor(length: number): void {
    const width = unwrappedWidths.find((columns) => columns > length) ?? maxUnwrappedWidth
    const columns = Math.max(this.paneColumns, width)
    if (columns === this.terminal.cols) return
    const rows = Math.min(scrollback, Math.floor(maxUnwrappedCells / columns))
    if (rows < (this.terminal.options.scrollback ?? scrollback)) this.terminal.options.scrollback = rows
    this.resize(columns, this.terminal.rows)
    this.events.onView()
  }

  private handleParsed(isFinished: boolean): void {
    this.scroll.restore()
    // In an unwrapped view, a wrapped row means that the grid is too narrow.
    if (!this.isWrapped && isFinished && hasWrappedRow(this.buffer, wrapCheckRows)) this.widenFor(this.terminal.cols)
  }

  private handleScroll(): void {
    this.events.onView()
    if (this.tracker.isParsing) return
    if (this.scroll.isUserScroll) this.events.onScroll()
    else this.scroll.followEnd()
  }

  private resize(columns: number, rows: number): void {
    if (columns !== this.terminal.cols) this.reflow(columns, rows)
    else if (rows !== this.terminal.rows) this.changeHeight(rows)
    // On a resize, xterm 6 draws a cleared selection again unless an empty one replaces it.
    if (!this.terminal.hasSelection()) this.terminal.select(0, 0, 0)
    if (this.scroll.isFollowing) this.terminal.scrollToBottom()
    this.events.onView()
  }

  /** xterm moves the view down by the rows that the screen loses. The first visible row stays where the user left it. */
  private changeHeight(rows: number): void {
    const first = this.rowNumbers.viewport
    this.terminal.resize(this.terminal.cols, rows)
    if (!this.scroll.isFollowing) scrollToRow(this.terminal, first - this.rowNumbers.dropped)
  }

  /** Change the width. xterm rearranges the rows, and the entries of the ledger are moved to their new rows. */
  private reflow(columns: number, rows: number): void {
    const { dropped } = this.rowNumbers
    const before = bufferLines(this.buffer)
    const entries = before.map(({ first, last }) => this.ledger.lineEntry(dropped + first, dropped + last))
    const pinnedLine = before.findIndex(({ last }) => dropped + last >= this.scroll.pinned)
    this.terminal.resize(columns, rows)
    const after = bufferLines(this.buffer)
    // Lines are dropped only at the top, so both lists end with the cursor's line.
    const shift = before.length - after.length
    this.ledger.clear()
    this.rowNumbers.releaseMarker()
    after.forEach(({ first, last }, index) => {
      this.ledger.restoreLine(dropped + first, dropped + last, entries[index + shift])
    })
    this.rowNumbers.renewMarker()
    this.tracker.rearranged()
    this.block.reset(dropped + lastTextRow(this.buffer))
    if (this.scroll.isFollowing) return
    scrollToRow(this.terminal, after[pinnedLine - shift]?.first ?? 0)
    this.scroll.pin()
  }
}

function createTerminal(font: LogFont, theme: TerminalTheme, onLink: (url: string) => void): Terminal {
  const terminal = new Terminal({
    ...logFont(font),
    theme: withSelection(theme),
    // Binary output contains many invalid sequences, and the browser's console would keep a message for each.
    logLevel: 'off',
    allowProposedApi: true,
    convertEol: true,
    disableStdin: true,
    cursorInactiveStyle: 'none',
    cursorBlink: false,
    scrollback,
    minimumContrastRatio: 4.5,
    smoothScrollDuration: 0,
    macOptionClickForcesSelection: true,
    linkHandler: { activate: (_event, url) => onLink(url) },
  })
  terminal.loadAddon(new GraphemesAddon())
  terminal.loadAddon(new WebLinksAddon((_event, url) => onLink(url)))
  terminal.attachCustomKeyEventHandler(() => false)
  return terminal
}

/** xterm itself never has the focus here, so both selection colours are the same. */
function withSelection(theme: TerminalTheme): TerminalTheme {
  return { ...theme, selectionInactiveBackground: theme.selectionBackground }
}
