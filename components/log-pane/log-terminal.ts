/**
 * An xterm that shows a journal and nothing else: nobody types into it, it answers nothing, and it is given only what
 * `LogFilter` lets through, so that no output can clear, cover or reorder what was printed before. Beside the cells it
 * keeps, for each row, when its line began and whether stderr wrote on it.
 */
import { SearchAddon } from '@xterm/addon-search'
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes'
import { WebLinksAddon } from '@xterm/addon-web-links'
import { type IMarker, Terminal } from '@xterm/xterm'
import type { TerminalTheme } from '@/components/theme/terminal-theme'
import type { JournalStream } from '@/lib/process-api/extensions'
import { LogFilter } from './log-filter'
import { type LogFont, logFont } from './log-font'
import { parseSlices } from './parse-slices'
import { ProgressBlock } from './progress-block'
import { type LineEntry, RowLedger } from './row-ledger'

/** Lines that stay loaded above the screen. */
export const scrollback = 20_000
/** Cells that an unwrapped buffer may have: 48 MB in xterm's 12 bytes a cell. */
const unwrappedCells = 4_000_000
/** Widths that an unwrapped view grows through, in columns. Longer lines are wrapped at the last. */
const unwrappedWidths = [160, 256, 512, 1024, 2048]
/** The anchor is renewed after this many lines, long before the buffer could drop it. */
const anchorLines = 1000
/** xterm lays its scrollbar over this much of the right edge. */
const scrollbarWidth = 14
/** A view that moves within this time after the person touched the pane was moved by the person. */
const touchMs = 500
const encoder = new TextEncoder()

export interface LogPiece {
  offset: number
  stream: JournalStream
  wallMs: number | null
  payload: Uint8Array
}

export interface LogTerminalEvents {
  /** What is on the screen may have changed: rows, their times, or where the view is. */
  onView(): void
  /** The person moved the view. */
  onScroll(): void
  onLink(url: string): void
  onMatches(index: number, count: number): void
}

interface Line {
  /** Rows of one line, continued ones included. */
  first: number
  last: number
}

export class LogTerminal {
  readonly #terminal: Terminal
  readonly #search = new SearchAddon({ highlightLimit: 1000 })
  readonly #ledger = new RowLedger(scrollback + 1000)
  readonly #filter = new LogFilter()
  readonly #block: ProgressBlock
  readonly #events: LogTerminalEvents
  #anchor: IMarker | undefined
  #anchorRow = 0
  #linesSinceAnchor = 0
  #dropped = 0
  #lineFeeds = 0
  /** The piece that is being parsed, and how far its line feeds were counted. */
  #parsing: { piece: LogPiece; scanned: number } | null = null
  #startRow = 0
  #following = true
  /** First visible row while not following, absolute. */
  #pinned = 0
  #wrap = true
  #raw = false
  #columns = 80
  #touchedAt = Number.NEGATIVE_INFINITY
  #lastFind = ''
  #rowHeight = 0

  constructor(host: HTMLElement, font: LogFont, theme: TerminalTheme, events: LogTerminalEvents) {
    this.#events = events
    this.#terminal = new Terminal({
      ...logFont(font),
      theme: readable(theme),
      // Binary output is full of sequences that are none; each would be an object kept by the browser's console.
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
      linkHandler: { activate: (_event, url) => events.onLink(url) },
    })
    this.#terminal.loadAddon(this.#search)
    this.#terminal.loadAddon(new UnicodeGraphemesAddon())
    this.#terminal.loadAddon(new WebLinksAddon((_event, url) => events.onLink(url)))
    this.#block = new ProgressBlock(
      this.#terminal.parser,
      () => ({ row: this.#cursorRow(), above: this.#terminal.buffer.active.cursorY }),
      // Erasing rows disposes the marks on them; the cursor's own row is never one of these.
      () => this.#dropAnchor(),
    )
    this.#terminal.attachCustomKeyEventHandler(() => false)
    this.#terminal.open(host)
    // It takes no keys; the pane around it does. Disabled, it is no stop of the Tab key either.
    if (this.#terminal.textarea) this.#terminal.textarea.disabled = true
    this.#terminal.onLineFeed(() => this.#onLineFeed())
    this.#terminal.onRender(() => events.onView())
    this.#terminal.onScroll(() => this.#onScroll())
    this.#search.onDidChangeResults(({ resultIndex, resultCount }) => events.onMatches(resultIndex, resultCount))
    this.#dropAnchor()
  }

  dispose(): void {
    this.#terminal.dispose()
  }

  /** Parse and show a piece. `done` is called when xterm has parsed it, in order. */
  write(piece: LogPiece, done: () => void): void {
    this.#terminal.write('', () => this.#begin(piece))
    this.#give(this.#filter.next(piece.stream, piece.payload))
    this.#terminal.write('', () => {
      this.#end(piece)
      done()
    })
  }

  /** Show every control character by its number instead of following it, from the next `reset` on. @returns if new */
  setRaw(raw: boolean): boolean {
    const changed = raw !== this.#raw
    this.#raw = raw
    return changed
  }

  /** Empty, as new, when everything that was written before has been parsed. */
  reset(): void {
    this.#filter.reset(this.#raw)
    this.#terminal.write('', () => {
      this.#terminal.reset()
      this.#ledger.clear()
      this.#anchor?.dispose()
      this.#dropped = 0
      this.#lineFeeds = 0
      this.#startRow = 0
      this.#pinned = 0
      this.#block.reset(0)
      this.#dropAnchor()
      this.#events.onView()
    })
  }

  /** Nothing more is to come for now: a line that was being gone over is shown whole. */
  settle(): void {
    this.#give(this.#filter.end())
  }

  #give(text: string): void {
    for (const slice of parseSlices(encoder.encode(text))) this.#terminal.write(slice)
  }

  /** Called when everything that was written before has been parsed. */
  afterWrites(run: () => void): void {
    this.#terminal.write('', run)
  }

  /** Lines in the loaded part, the unfinished last one included. */
  get lines(): number {
    const unfinished = !this.#ledger.isAwaiting(this.#cursorRow())
    return this.#lineFeeds + (unfinished ? 1 : 0)
  }

  get columns(): number {
    return this.#terminal.cols
  }

  get rows(): number {
    return this.#terminal.rows
  }

  get atBottom(): boolean {
    const { viewportY, baseY } = this.#terminal.buffer.active
    return viewportY >= baseY
  }

  /** Rows of output below the screen. */
  get rowsBelow(): number {
    const { viewportY, baseY } = this.#terminal.buffer.active
    return baseY - viewportY
  }

  /** Whether lines were dropped at the top because the buffer was full. */
  get hasDropped(): boolean {
    return this.#droppedRows() > 0
  }

  /** Where in the journal the first loaded line begins; null while nothing is loaded. */
  get topOffset(): number | null {
    const { length } = this.#terminal.buffer.active
    const top = this.#droppedRows()
    for (let row = top; row < top + length; row += 1) {
      const offset = this.#ledger.offset(row)
      if (offset !== null) return offset
    }
    return null
  }

  /** Where in the journal the first line on the screen begins; null on an empty screen. */
  get viewOffset(): number | null {
    const first = this.#droppedRows() + this.#terminal.buffer.active.viewportY
    for (let row = first; row < first + this.#terminal.rows; row += 1) {
      const offset = this.#ledger.offset(row)
      if (offset !== null) return offset
    }
    return null
  }

  /** Time and stream of each row on the screen, from the top. */
  screenRows(): LineEntry[] {
    const first = this.#droppedRows() + this.#terminal.buffer.active.viewportY
    return this.#ledger.take(Array.from({ length: this.#terminal.rows }, (_, index) => first + index))
  }

  /** Height of a row in CSS pixels, as of the last layout: asking the browser at each frame would make it lay out twice. */
  get rowHeight(): number {
    if (this.#rowHeight === 0) this.#measureRow()
    return this.#rowHeight
  }

  #measureRow(): void {
    const screen = this.#terminal.element?.querySelector('.xterm-screen')
    this.#rowHeight = screen ? screen.clientHeight / this.#terminal.rows : 0
  }

  /** The person used wheel, scrollbar, finger or key: what moves now is their doing. */
  touched(): void {
    this.#touchedAt = performance.now()
  }

  /** Stay at the end, whatever comes; or stay where the view is. */
  setFollowing(following: boolean): void {
    this.#following = following
    if (following) this.#terminal.scrollToBottom()
    else this.#pin()
  }

  scrollLines(count: number): void {
    this.#terminal.scrollLines(count)
  }

  scrollPages(count: number): void {
    this.#terminal.scrollPages(count)
  }

  scrollToTop(): void {
    this.#terminal.scrollToTop()
  }

  scrollToBottom(): void {
    this.#terminal.scrollToBottom()
  }

  /**
   * Puts the line that holds this byte on the first row of the screen.
   * @returns false where there are too few rows below it yet; it is then as high as it can be
   */
  scrollToOffset(offset: number): boolean {
    const row = this.#rowOf(offset)
    this.#terminal.scrollToLine(row)
    this.#pin()
    return row <= this.#terminal.buffer.active.baseY
  }

  /** The row on which the line that holds this byte begins. */
  #rowOf(offset: number): number {
    const top = this.#droppedRows()
    const { length } = this.#terminal.buffer.active
    let found = 0
    for (let row = 0; row < length; row += 1) {
      const at = this.#ledger.offset(top + row)
      if (at === null) continue
      if (at > offset) break
      found = row
    }
    return found
  }

  hasSelection(): boolean {
    return this.#terminal.hasSelection()
  }

  selection(): string {
    return this.#terminal.getSelection()
  }

  selectAll(): void {
    this.#terminal.selectAll()
  }

  /** Everything that is loaded, as lines; wrapped rows are joined again. */
  text(): string {
    const buffer = this.#terminal.buffer.active
    const lines: string[] = []
    for (let row = 0; row <= buffer.baseY + buffer.cursorY; row += 1) {
      const line = buffer.getLine(row)
      if (!line) break
      const continues = buffer.getLine(row + 1)?.isWrapped ?? false
      const text = line.translateToString(!continues)
      if (line.isWrapped && lines.length > 0) lines[lines.length - 1] += text
      else lines.push(text)
    }
    return lines.join('\n')
  }

  /**
   * How many matches there are, and which one is current, comes by `onMatches`.
   * @param from begin on the line of this byte rather than at the current match
   */
  find(
    term: string,
    options: FindOptions,
    direction: 'next' | 'previous',
    colors: MatchColors,
    from?: number,
  ): FindOutcome {
    this.touched()
    const search = {
      regex: options.regex,
      caseSensitive: options.caseSensitive,
      wholeWord: options.wholeWord,
      incremental: direction === 'next' && options.incremental,
      decorations: {
        matchBackground: colors.match,
        matchOverviewRuler: colors.match,
        activeMatchBackground: colors.active,
        activeMatchColorOverviewRuler: colors.active,
      },
    }
    // The addon takes new options for a known term only when it has forgotten the term.
    const asked = JSON.stringify([options.regex, options.caseSensitive, options.wholeWord])
    if (asked !== this.#lastFind || from !== undefined) this.#search.clearDecorations()
    this.#lastFind = asked
    if (from !== undefined) this.#terminal.select(0, this.#rowOf(from), 1)
    const before = from === undefined ? this.#terminal.getSelectionPosition()?.start : undefined
    const found = direction === 'next' ? this.#search.findNext(term, search) : this.#search.findPrevious(term, search)
    const after = this.#terminal.getSelectionPosition()?.start
    if (!found || !after) return 'none'
    const step = before ? (after.y - before.y || after.x - before.x) * (direction === 'next' ? 1 : -1) : 1
    return step > 0 ? 'moved' : 'wrapped'
  }

  clearFind(): void {
    this.#search.clearDecorations()
    this.#terminal.clearSelection()
  }

  setTheme(theme: TerminalTheme): void {
    this.#terminal.options.theme = readable(theme)
  }

  setScreenReader(on: boolean): void {
    this.#terminal.options.screenReaderMode = on
  }

  /** Fit into this many CSS pixels, the vertical scrollbar included. Does nothing where there is no room for text. */
  layout(width: number, height: number): void {
    this.#measureRow()
    const cell = this.gridWidth / this.#terminal.cols
    const columns = Math.floor((width - scrollbarWidth) / cell)
    const rows = Math.floor(height / this.rowHeight)
    if (!(columns >= 2 && rows >= 1)) return
    this.#columns = columns
    this.#resize(this.#wrap ? columns : Math.max(columns, this.#terminal.cols), rows)
  }

  /** Width of the grid in CSS pixels. */
  get gridWidth(): number {
    return this.#terminal.element?.querySelector('.xterm-screen')?.clientWidth ?? 0
  }

  get wrap(): boolean {
    return this.#wrap
  }

  /** Wrap long lines at the width of the pane, or let them run to the right. */
  setWrap(wrap: boolean): void {
    if (wrap === this.#wrap) return
    this.#wrap = wrap
    if (wrap) {
      this.#terminal.options.scrollback = scrollback
      this.#resize(this.#columns, this.#terminal.rows)
    } else {
      this.#widen(this.#longestLine())
    }
  }

  /** Whether lines are longer than even the unwrapped view shows without wrapping. */
  get widestReached(): boolean {
    return !this.#wrap && this.#terminal.cols >= (unwrappedWidths.at(-1) ?? 0)
  }

  #widen(length: number): void {
    const widest = unwrappedWidths.at(-1) ?? length
    const columns = Math.max(this.#columns, unwrappedWidths.find((width) => width > length) ?? widest)
    if (columns === this.#terminal.cols) return
    const rows = Math.min(scrollback, Math.floor(unwrappedCells / columns))
    if (rows < (this.#terminal.options.scrollback ?? scrollback)) this.#terminal.options.scrollback = rows
    this.#resize(columns, this.#terminal.rows)
    this.#events.onView()
  }

  /** Characters of the longest loaded line. */
  #longestLine(): number {
    const buffer = this.#terminal.buffer.active
    const columns = this.#terminal.cols
    let longest = 0
    for (const { first, last } of this.#bufferLines()) {
      if ((last - first + 1) * columns <= longest) continue
      const end = buffer.getLine(last)?.translateToString(true).length ?? 0
      longest = Math.max(longest, (last - first) * columns + end)
    }
    return longest
  }

  /** How many rows the buffer has dropped at its top, ever. */
  #droppedRows(): number {
    if (this.#anchor && !this.#anchor.isDisposed) this.#dropped = this.#anchorRow - this.#anchor.line
    return this.#dropped
  }

  /** A new mark on the cursor's row, from which dropped rows are counted. */
  #dropAnchor(): void {
    const row = this.#cursorRow()
    this.#anchor?.dispose()
    this.#anchor = this.#terminal.registerMarker(0)
    this.#anchorRow = row
    this.#linesSinceAnchor = 0
  }

  #cursorRow(): number {
    const { baseY, cursorY } = this.#terminal.buffer.active
    return this.#droppedRows() + baseY + cursorY
  }

  #begin(piece: LogPiece): void {
    if (!this.#following) this.#pin()
    this.#parsing = { piece, scanned: 0 }
    this.#startRow = this.#cursorRow()
    if (piece.payload.length > 0 && this.#ledger.isAwaiting(this.#startRow)) {
      this.#ledger.beginLine(this.#startRow, piece.wallMs, piece.offset)
    }
  }

  #onLineFeed(): void {
    this.#lineFeeds += 1
    this.#linesSinceAnchor += 1
    if (this.#linesSinceAnchor >= anchorLines) this.#dropAnchor()
    const parsing = this.#parsing
    if (!parsing) return
    const { piece } = parsing
    const at = piece.payload.indexOf(0x0a, parsing.scanned)
    if (at !== -1) parsing.scanned = at + 1
    this.#ledger.beginLine(this.#cursorRow(), piece.wallMs, piece.offset + parsing.scanned)
  }

  #end(piece: LogPiece): void {
    this.#parsing = null
    const row = this.#cursorRow()
    const finished = piece.payload.at(-1) === 0x0a
    if (finished) this.#ledger.awaitLine(row)
    if (piece.stream === 'stderr' && piece.payload.length > 0) {
      this.#ledger.markStderr(Math.min(this.#startRow, row), finished ? row - 1 : row)
    }
    if (!this.#following) this.#unmoved()
    if (!this.#wrap && !finished) return
    if (!this.#wrap && this.#sawWrappedRow()) this.#widen(this.#terminal.cols)
  }

  /** In an unwrapped view a wrapped row means that the grid is too narrow. */
  #sawWrappedRow(): boolean {
    const buffer = this.#terminal.buffer.active
    for (let row = buffer.baseY + buffer.cursorY; row > Math.max(0, buffer.baseY - 200); row -= 1) {
      if (buffer.getLine(row)?.isWrapped) return true
    }
    return false
  }

  /** Where the view is now is where the person wants it. */
  #pin(): void {
    this.#pinned = this.#droppedRows() + this.#terminal.buffer.active.viewportY
  }

  /** Undo what output did to a view that does not follow: xterm sticks to the end when it is there. */
  #unmoved(): void {
    const line = Math.max(0, this.#pinned - this.#droppedRows())
    if (this.#terminal.buffer.active.viewportY !== line) this.#terminal.scrollToLine(line)
  }

  #onScroll(): void {
    this.#events.onView()
    if (this.#parsing) return
    if (performance.now() - this.#touchedAt < touchMs) this.#events.onScroll()
    else if (this.#following && !this.atBottom) this.#terminal.scrollToBottom()
  }

  #resize(columns: number, rows: number): void {
    if (columns === this.#terminal.cols) {
      if (rows !== this.#terminal.rows) this.#terminal.resize(columns, rows)
    } else {
      this.#reflow(columns, rows)
    }
    // xterm 6 draws a selection that was cleared again when it is resized; an empty one makes it forget.
    if (!this.#terminal.hasSelection()) this.#terminal.select(0, 0, 0)
    if (this.#following) this.#terminal.scrollToBottom()
    this.#events.onView()
  }

  /** xterm lays the rows anew for another width; what is known of the lines is moved to their new rows. */
  #reflow(columns: number, rows: number): void {
    const dropped = this.#droppedRows()
    const before = this.#bufferLines()
    const entries = before.map(({ first, last }) => this.#entryOf(dropped + first, dropped + last))
    const pinnedLine = before.findIndex(({ last }) => dropped + last >= this.#pinned)
    this.#terminal.resize(columns, rows)
    const after = this.#bufferLines()
    // Lines are dropped at the top only, so both lists end with the cursor's line.
    const shift = before.length - after.length
    this.#ledger.clear()
    this.#anchor?.dispose()
    after.forEach(({ first, last }, index) => {
      const entry = entries[index + shift]
      this.#ledger.restore(dropped + first, entry)
      if (entry?.stderr && last > first) this.#ledger.markStderr(dropped + first + 1, dropped + last)
    })
    this.#dropAnchor()
    this.#startRow = this.#cursorRow()
    this.#block.reset(dropped + this.#lastRow())
    if (!this.#following) {
      this.#terminal.scrollToLine(after[pinnedLine - shift]?.first ?? 0)
      this.#pin()
    }
  }

  /** The last row of the buffer with text, or the cursor's. */
  #lastRow(): number {
    const buffer = this.#terminal.buffer.active
    const cursor = buffer.baseY + buffer.cursorY
    for (let row = buffer.length - 1; row > cursor; row -= 1) {
      if (buffer.getLine(row)?.translateToString(true) !== '') return row
    }
    return cursor
  }

  #entryOf(first: number, last: number): LineEntry {
    let stderr = false
    for (let row = first; row <= last && !stderr; row += 1) stderr = this.#ledger.isStderr(row)
    return { wallMs: this.#ledger.wallMs(first), offset: this.#ledger.offset(first), stderr }
  }

  /** The lines of the buffer down to the cursor, as spans of rows. */
  #bufferLines(): Line[] {
    const buffer = this.#terminal.buffer.active
    const end = buffer.baseY + buffer.cursorY
    const lines: Line[] = []
    for (let row = 0; row <= end; row += 1) {
      const line = lines.at(-1)
      if (line && buffer.getLine(row)?.isWrapped) line.last = row
      else lines.push({ first: row, last: row })
    }
    return lines
  }
}

/** `wrapped`: past the last match, on to the first one again, which may be the very same. */
export type FindOutcome = 'moved' | 'wrapped' | 'none'

export interface FindOptions {
  regex: boolean
  caseSensitive: boolean
  wholeWord: boolean
  /** Typing on in the field: stay at the match that still fits. */
  incremental: boolean
}

/** `#rrggbb`. */
export interface MatchColors {
  match: string
  active: string
}

/** The pane never has the focus as xterm means it, so both selection colours are the same. */
function readable(theme: TerminalTheme): TerminalTheme {
  return { ...theme, selectionInactiveBackground: theme.selectionBackground }
}
