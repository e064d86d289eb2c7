/**
 * The xterm of one terminal: its options, its add-ons, and what output may do beyond drawing. Output is hostile input:
 * the clipboard is written only after the user allowed it, links open after a question, and only one viewer replies to
 * the questions of a program.
 */
import { WebLinksAddon } from '@xterm/addon-web-links'
import { type ITerminalOptions, Terminal } from '@xterm/xterm'
import { bufferText } from '@/components/log-pane/buffer-lines'
import { type LogFont, logFont } from '@/components/log-pane/log-font'
import { type FindOptions, type MatchColors, TerminalFind } from '@/components/log-pane/terminal-find'
import type { TerminalTheme } from '@/components/theme/terminal-theme'
import { GraphemesAddon } from '@/lib/display/graphemes'
import { RendererChoice } from './renderer'
import { type TerminalKeyAction, terminalKeyAction } from './terminal-keys'

const scrollback = 5_000
const scrollbarWidth = 14
/** The smallest font in which the grid of another viewer is shown; a larger grid scrolls. */
const minScaledFont = 5
const maxClipboardLength = 1024 * 1024

/** `value` is a percentage, null where the program reports activity without a position. */
export interface Progress {
  state: 'normal' | 'error' | 'paused'
  value: number | null
}

export interface PtyTerminalEvents {
  onInput(text: string): void
  onBinary(bytes: Uint8Array): void
  onKey(action: TerminalKeyAction): void
  onLink(url: string): void
  onTitle(title: string): void
  onBell(): void
  onProgress(progress: Progress | null): void
  /** A program wants to put this text on the clipboard. */
  onClipboard(text: string): void
  onMatches(index: number, count: number): void
  /** This viewer replies to the questions of programs, such as for the cursor's position. */
  repliesToQueries(): boolean
}

export interface Grid {
  cols: number
  rows: number
}

export class PtyTerminal {
  private readonly terminal: Terminal
  private readonly finder: TerminalFind
  private readonly renderer: RendererChoice
  private readonly encoder = new TextEncoder()

  constructor(
    private readonly host: HTMLElement,
    private font: LogFont,
    theme: TerminalTheme,
    screenReader: boolean,
    private readonly events: PtyTerminalEvents,
  ) {
    this.terminal = new Terminal(optionsOf(font, theme, screenReader, events.onLink))
    this.terminal.loadAddon(new GraphemesAddon())
    this.terminal.loadAddon(new WebLinksAddon((_event, url) => events.onLink(url)))
    this.finder = new TerminalFind(this.terminal, events.onMatches)
    this.renderer = new RendererChoice(this.terminal)
    this.terminal.attachCustomKeyEventHandler((event) => this.handleKey(event))
    this.terminal.onData((text) => events.onInput(text))
    this.terminal.onBinary((text) => events.onBinary(Uint8Array.from(text, (char) => char.charCodeAt(0))))
    this.terminal.onTitleChange(events.onTitle)
    this.terminal.onBell(events.onBell)
    this.registerQueries()
    this.registerCommands()
    this.terminal.open(host)
  }

  dispose(): void {
    this.renderer.dispose()
    this.terminal.dispose()
  }

  write(bytes: Uint8Array, onParsed: () => void): void {
    this.terminal.write(bytes, onParsed)
  }

  /** Replace everything, once the earlier writes were parsed. `data` restores the screen on an empty terminal. */
  restore(grid: Grid, data: string | null): void {
    this.terminal.write('', () => {
      if (data !== null) this.terminal.reset()
      this.setGrid(grid)
    })
    if (data !== null) this.terminal.write(data)
  }

  /** Clear everything, once the earlier writes were parsed. */
  restart(): void {
    this.terminal.write('', () => this.terminal.reset())
  }

  /** Change the size at this position of the output. */
  resize(grid: Grid, onResized: () => void): void {
    this.terminal.write('', () => {
      this.setGrid(grid)
      onResized()
    })
  }

  private setGrid({ cols, rows }: Grid): void {
    if (cols !== this.terminal.cols || rows !== this.terminal.rows) this.terminal.resize(cols, rows)
  }

  get grid(): Grid {
    return { cols: this.terminal.cols, rows: this.terminal.rows }
  }

  /** The grid that fits into this many CSS pixels at the user's font size; null where there is no room. */
  fittingGrid(width: number, height: number): Grid | null {
    this.setFontSize(this.font.size)
    const cell = this.cell
    const cols = Math.floor((width - scrollbarWidth) / cell.width)
    const rows = Math.floor(height / cell.height)
    if (!(cols >= 2 && rows >= 1)) return null
    return { cols: Math.min(cols, 1000), rows: Math.min(rows, 1000) }
  }

  /** Shrink the font so that the present grid fits into this many CSS pixels. */
  scaleInto(width: number, height: number): void {
    this.setFontSize(this.font.size)
    const { cols, rows } = this.terminal
    const cell = this.cell
    const scale = Math.min(1, (width - scrollbarWidth) / (cols * cell.width), height / (rows * cell.height))
    if (scale < 1) this.setFontSize(Math.max(minScaledFont, Math.floor(this.font.size * scale * 4) / 4))
  }

  private get cell(): { width: number; height: number } {
    const screen = this.host.querySelector('.xterm-screen')
    const { cols, rows } = this.terminal
    return { width: (screen?.clientWidth ?? 0) / cols, height: (screen?.clientHeight ?? 0) / rows }
  }

  setFont(font: LogFont): void {
    this.font = font
    this.terminal.options.fontFamily = font.family
    this.setFontSize(font.size)
  }

  private setFontSize(size: number): void {
    if (this.terminal.options.fontSize === size) return
    const { fontSize, lineHeight } = logFont({ ...this.font, size })
    this.terminal.options = { fontSize, lineHeight }
  }

  setTheme(theme: TerminalTheme): void {
    this.terminal.options.theme = theme
  }

  setScreenReader(on: boolean): void {
    this.terminal.options.screenReaderMode = on
  }

  focus(): void {
    this.terminal.focus()
  }

  /** The user works in this terminal: draw it on the GPU where there is a real one. */
  setActive(active: boolean): void {
    if (active) void this.renderer.drawOnGpu()
    else this.renderer.drawInDom()
  }

  setLabel(label: string): void {
    this.terminal.textarea?.setAttribute('aria-label', label)
  }

  setReadOnly(on: boolean): void {
    this.terminal.options.disableStdin = on
  }

  get bracketedPaste(): boolean {
    return this.terminal.modes.bracketedPasteMode
  }

  /** The sequence of an arrow key in the present mode. */
  arrow(letter: 'A' | 'B' | 'C' | 'D'): string {
    return `\x1b${this.terminal.modes.applicationCursorKeysMode ? 'O' : '['}${letter}`
  }

  get hasSelection(): boolean {
    return this.terminal.hasSelection()
  }

  selection(): string {
    return this.terminal.getSelection()
  }

  clearSelection(): void {
    this.terminal.clearSelection()
  }

  selectAll(): void {
    this.terminal.selectAll()
  }

  /** The text of the screen and the scrollback. */
  text(): string {
    return bufferText(this.terminal.buffer.active)
  }

  clearScrollback(): void {
    this.terminal.clear()
  }

  scrollToBottom(): void {
    this.terminal.scrollToBottom()
  }

  scrollLines(count: number): void {
    this.terminal.scrollLines(count)
  }

  get rowHeight(): number {
    return this.cell.height
  }

  find(term: string, options: FindOptions, direction: 'next' | 'previous', colors: MatchColors): void {
    this.finder.find(term, options, direction, colors)
  }

  clearFind(): void {
    this.finder.clear()
  }

  private handleKey(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown') return true
    const action = terminalKeyAction(event, this.terminal.hasSelection())
    if (action === null) return true
    // The browser itself pastes; for the other keys it has actions of its own.
    if (action !== 'paste') event.preventDefault()
    if (action !== 'paste') this.events.onKey(action)
    return false
  }

  /** Swallow questions of programs unless this viewer replies: several replies would be typed into the program. */
  private registerQueries(): void {
    const { parser } = this.terminal
    const swallow = () => !this.events.repliesToQueries()
    parser.registerCsiHandler({ final: 'c' }, swallow)
    parser.registerCsiHandler({ prefix: '>', final: 'c' }, swallow)
    parser.registerCsiHandler({ prefix: '=', final: 'c' }, swallow)
    parser.registerCsiHandler({ prefix: '>', final: 'q' }, swallow)
    parser.registerCsiHandler({ final: 'n' }, swallow)
    parser.registerCsiHandler({ prefix: '?', final: 'n' }, swallow)
    parser.registerCsiHandler({ intermediates: '$', final: 'p' }, swallow)
    parser.registerCsiHandler({ prefix: '?', intermediates: '$', final: 'p' }, swallow)
    parser.registerDcsHandler({ intermediates: '$', final: 'q' }, swallow)
    for (const code of [4, 10, 11, 12]) {
      parser.registerOscHandler(code, (text) => text.includes('?') && swallow())
    }
  }

  private registerCommands(): void {
    const { parser } = this.terminal
    parser.registerOscHandler(9, (text) => {
      const match = /^4;([0-4])(?:;(\d{1,3}))?/.exec(text)
      if (match) this.events.onProgress(progressOf(Number(match[1]), match[2]))
      return true
    })
    parser.registerOscHandler(52, (text) => {
      const [, content] = text.split(';')
      // A program never gets to read the clipboard.
      if (content && content !== '?' && content.length <= maxClipboardLength) {
        const decoded = decodeBase64(content)
        if (decoded !== null) this.events.onClipboard(decoded)
      }
      return true
    })
  }

  encode(text: string): Uint8Array {
    return this.encoder.encode(text)
  }
}

function optionsOf(
  font: LogFont,
  theme: TerminalTheme,
  screenReaderMode: boolean,
  onLink: (url: string) => void,
): ITerminalOptions {
  return {
    ...logFont(font),
    theme,
    screenReaderMode,
    logLevel: 'off',
    allowProposedApi: true,
    scrollback,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    cursorInactiveStyle: 'outline',
    minimumContrastRatio: 4.5,
    smoothScrollDuration: 0,
    macOptionClickForcesSelection: true,
    rightClickSelectsWord: false,
    linkHandler: { activate: (_event, url) => onLink(url) },
  }
}

/** The progress report of OSC 9;4: 0 none, 1 normal, 2 error, 3 without a position, 4 paused. */
function progressOf(state: number, value: string | undefined): Progress | null {
  if (state === 0) return null
  const percent = value === undefined ? null : Math.min(100, Number(value))
  if (state === 3) return { state: 'normal', value: null }
  return { state: state === 2 ? 'error' : state === 4 ? 'paused' : 'normal', value: percent }
}

function decodeBase64(text: string): string | null {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
  } catch {
    return null // not base64
  }
}
