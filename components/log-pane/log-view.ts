/**
 * One log on the page: terminal, gutter, reader and search, connected to the browser's events. Created once the font
 * can be measured, and closed with the pane. React only mounts it and shows its state.
 */
import { readColor, readTerminalTheme } from '@/components/theme/terminal-theme'
import { onThemeChange } from '@/components/theme/theme-provider'
import type { LiveClient } from '@/lib/live/client/live-client'
import type { JournalRef } from '@/lib/live/protocol'
import type { OutputSize } from '@/lib/process-api/execution'
import type { LineLocation } from '@/lib/process-api/journal-lines'
import { FrameTask } from './frame-task'
import { Gutter } from './gutter'
import { BackgroundWatch } from './highlight/background-watch'
import { HighlightLayer } from './highlight/highlight-layer'
import type { HighlightRule } from './highlight/highlight-rules'
import type { JournalQueries, LineQueries, Location } from './journal-queries'
import { JournalReader } from './journal-reader'
import type { TimeMode } from './lines/times'
import { loadLogFont } from './log-font'
import { LogSearch } from './log-search'
import { LogTerminal } from './log-terminal'
import type { MatchQueries } from './match-queries'
import type { StreamFilter } from './reader-view'
import type { MatchColors } from './terminal-find'
import { addTouchScroll } from './touch-scroll'
import { WholeCounter } from './whole-count'

const fontSize = 13
/** Browsers run the timers of hidden tabs once in a second. */
const hiddenFrameMs = 1_000
/** Longer lines are not shown from their start but from the location in them. */
const maxLineStep = 64 * 1024

export interface LogViewOptions {
  /** Scrolls sideways where lines are not wrapped. */
  scroller: HTMLElement
  host: HTMLElement
  gutter: HTMLElement
  client: LiveClient
  target: string
  journal: JournalRef
  size: OutputSize
  /** Null where the target does not support queries about the journal. */
  queries: JournalQueries | null
  /** Null where the target does not number lines. */
  lines: LineQueries | null
  /** Null where the target does not search line by line. */
  matches: MatchQueries | null
  wrap: boolean
  raw: boolean
  onLink: (url: string) => void
}

export class LogView {
  readonly reader: JournalReader
  readonly terminal: LogTerminal
  readonly search: LogSearch
  /** Counts matching lines of the whole log; null where the target does not. */
  readonly wholeCount: WholeCounter | null
  private readonly gutter: Gutter
  private readonly highlights: HighlightLayer
  private readonly watch = new BackgroundWatch()
  /** Size of the log when the tab became hidden; null while it is visible. */
  private hiddenFrom: number | null = null
  private readonly drawTask: FrameTask
  private readonly layoutTask: FrameTask
  private readonly disposers: (() => void)[] = []
  private isOnScreen = true
  /** The first loaded line, and its number once that is known. */
  private firstLine: { offset: number; filter: StreamFilter; number: number | null } | null = null
  private readonly positionListeners = new Set<() => void>()
  /** Pixels that were scrolled and are less than a row. */
  private scrollRemainder = 0

  private constructor(
    private readonly options: LogViewOptions,
    font: Awaited<ReturnType<typeof loadLogFont>>,
  ) {
    const nextFrame = (run: () => void) => this.nextFrame(run)
    this.gutter = new Gutter(options.gutter)
    this.drawTask = new FrameTask(nextFrame, () => this.draw())
    this.layoutTask = new FrameTask(nextFrame, () => this.layout())
    this.terminal = new LogTerminal(options.host, font, readTerminalTheme(), {
      onView: () => this.drawTask.request(),
      onScroll: () => this.reader.userScrolled(),
      onLink: options.onLink,
      onMatches: (index, count) => this.search.setMatches(index, count),
      onText: (text, { offset }) => {
        if (this.hiddenFrom !== null && offset >= this.hiddenFrom) this.watch.receive(text)
      },
    })
    this.highlights = new HighlightLayer(this.terminal)
    this.reader = new JournalReader({
      client: options.client,
      target: options.target,
      ref: options.journal,
      screen: this.terminal,
      size: options.size,
      convertOffset: options.queries?.convertOffset,
      nextFrame,
    })
    this.search = this.createSearch(options.queries)
    this.wholeCount = options.matches && new WholeCounter(options.matches)
    this.listen()
    this.layout()
    this.setWrap(options.wrap)
    this.terminal.setRaw(options.raw)
    this.reader.start()
  }

  /** @param signal aborted when the pane is closed before the font is loaded */
  static async open(options: LogViewOptions, signal: AbortSignal): Promise<LogView | null> {
    const font = await loadLogFont(fontSize)
    return signal.aborted ? null : new LogView(options, font)
  }

  close(): void {
    this.wholeCount?.clear()
    for (const dispose of this.disposers) dispose()
    this.drawTask.stop()
    this.layoutTask.stop()
    this.reader.stop()
    this.terminal.dispose()
    this.options.gutter.replaceChildren()
  }

  /** Mark the times as those of arrival, for a target that does not record times. */
  setArrivalTimes(arrival: boolean): void {
    this.gutter.setPrefix(arrival ? '~' : '')
    this.drawTask.request()
  }

  /** What the time column counts from. @param startMs when the log starts, ms since epoch; null while unknown */
  setTimeMode(mode: TimeMode, startMs: number | null): void {
    this.gutter.setMode(mode, startMs)
    this.drawTask.request()
  }

  /** Mark what matches on the screen. */
  setHighlights(rules: readonly HighlightRule[]): void {
    this.highlights.setRules(rules)
    this.watch.setRules(rules)
    this.drawTask.request()
  }

  setWrap(wrap: boolean): void {
    this.terminal.setWrap(wrap)
    this.options.scroller.toggleAttribute('data-wide', !wrap)
    this.options.scroller.scrollLeft = 0
    this.fitHost()
  }

  /** Show control characters and sequences instead of interpreting them. */
  setRaw(raw: boolean): void {
    if (this.terminal.setRaw(raw)) this.reader.reopen()
  }

  /** Calls back after each frame in which the visible part may have changed. */
  onPosition(listener: () => void): () => void {
    this.positionListeners.add(listener)
    return () => this.positionListeners.delete(listener)
  }

  /**
   * Show the line at a location. Resolves to where that is; null where the target does not number lines. Rejects like a read.
   * Where a very long line contains the location, the location itself is shown.
   */
  async goTo(location: Location): Promise<LineLocation | null> {
    const { filter } = this.reader.getView()
    const found = (await this.options.lines?.locate(location, filter)) ?? null
    if (found && this.reader.getView().filter === filter) {
      this.reader.goTo(found.offset - found.lineOffset > maxLineStep ? found.offset : found.lineOffset)
    }
    return found
  }

  /** Show the line with a byte of the whole journal, also where only one stream is shown. */
  async goToJournalOffset(offset: number): Promise<void> {
    const { filter } = this.reader.getView()
    const own = filter === 'both' ? offset : await this.options.queries?.convertOffset(offset, 'both', filter)
    if (own !== undefined && own !== null) await this.goTo({ offset: own })
  }

  private draw(): void {
    this.numberFirstLine()
    this.gutter.draw(this.terminal.screenRows(), this.terminal.rowHeight, this.firstLine?.number ?? null)
    this.highlights.draw()
    for (const listener of this.positionListeners) listener()
  }

  /** Look up the number of the first loaded line, once for each part that is opened. */
  private numberFirstLine(): void {
    const { loadedFrom: offset } = this.terminal
    const { filter } = this.reader.getView()
    if (offset === null || (this.firstLine?.offset === offset && this.firstLine.filter === filter)) return
    const firstLine = { offset, filter, number: offset === 0 ? 1 : (null as number | null) }
    this.firstLine = firstLine
    if (firstLine.number !== null) return
    this.options.lines?.locate({ offset }, filter).then(
      ({ line }) => {
        firstLine.number = line
        this.drawTask.request()
      },
      // The log is shown without numbers.
      () => undefined,
    )
  }

  private createSearch(queries: JournalQueries | null): LogSearch {
    const { matches } = this.options
    return new LogSearch({
      supportsRegex: matches !== null,
      reader: this.reader,
      terminal: this.terminal,
      colors: matchColors,
      searchJournal:
        queries &&
        ((query, signal) => {
          const { filter } = this.reader.getView()
          if (query.regex && matches) {
            const criteria = { ...query, level: null, since: null, until: null }
            return matches.next(criteria, filter, query.from, query.direction, signal)
          }
          return queries.search(query, filter === 'both' ? null : filter, signal)
        }),
    })
  }

  private listen(): void {
    const { host, scroller, gutter } = this.options
    const listeners = new AbortController()
    const { signal } = listeners
    const onTouched = () => this.terminal.touched()
    host.addEventListener('wheel', onTouched, { capture: true, passive: true, signal })
    host.addEventListener('pointerdown', onTouched, { capture: true, signal })
    host.addEventListener('pointermove', (event) => event.buttons !== 0 && onTouched(), { capture: true, signal })
    gutter.addEventListener('wheel', (event) => this.scrollBy(event.deltaY), { passive: true, signal })
    scroller.addEventListener('scroll', () => this.placeScrollbar(), { passive: true, signal })
    document.addEventListener('visibilitychange', () => this.updateVisibility(), { signal })
    const resizes = new ResizeObserver(() => this.layoutTask.request())
    resizes.observe(scroller)
    const intersections = new IntersectionObserver(([entry]) => {
      this.isOnScreen = entry?.isIntersecting ?? true
      this.updateVisibility()
    })
    intersections.observe(scroller)
    this.disposers.push(
      () => listeners.abort(),
      () => resizes.disconnect(),
      () => intersections.disconnect(),
      addTouchScroll(scroller, (pixels) => this.scrollBy(pixels)),
      onThemeChange(() => this.terminal.setTheme(readTerminalTheme())),
    )
  }

  private scrollBy(pixels: number): void {
    const { rowHeight } = this.terminal
    if (rowHeight === 0) return
    this.terminal.touched()
    this.scrollRemainder += pixels
    const lines = Math.trunc(this.scrollRemainder / rowHeight)
    this.scrollRemainder -= lines * rowHeight
    if (lines !== 0) this.terminal.scrollLines(lines)
  }

  /** Hidden tabs have no frames, but a log that is watched there is read on. */
  private nextFrame(run: () => void): void {
    let hasRun = false
    const once = () => {
      if (!hasRun) run()
      hasRun = true
    }
    requestAnimationFrame(once)
    if (this.watch.isActive) setTimeout(once, hiddenFrameMs)
  }

  private updateVisibility(): void {
    const isVisible = document.visibilityState === 'visible'
    const { earlierBytes, loadedBytes, laterBytes } = this.reader.getView()
    if (isVisible) this.hiddenFrom = null
    else if (this.hiddenFrom === null) {
      this.hiddenFrom = earlierBytes + loadedBytes + laterBytes
      this.watch.start()
    }
    this.reader.setVisible(this.isOnScreen && (isVisible || this.watch.isActive))
  }

  private layout(): void {
    const { scroller, host } = this.options
    const style = getComputedStyle(host)
    const horizontal = Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.paddingRight)
    const vertical = Number.parseFloat(style.paddingTop) + Number.parseFloat(style.paddingBottom)
    if (scroller.clientWidth === 0) return
    this.terminal.layout(scroller.clientWidth - horizontal, scroller.clientHeight - vertical)
    this.fitHost()
  }

  /** Make the host as wide as the grid, so that the scroller can scroll sideways. */
  private fitHost(): void {
    const { host } = this.options
    host.style.width = this.terminal.wrap ? '' : `calc(${this.terminal.gridWidth}px + var(--log-across))`
    this.placeScrollbar()
    this.drawTask.request()
  }

  /** xterm's scrollbar is at the right end of the grid; in a wide grid it is moved into the visible part. */
  private placeScrollbar(): void {
    const { scroller, host } = this.options
    const hidden = Math.min(0, scroller.scrollLeft + scroller.clientWidth - host.offsetWidth)
    scroller.style.setProperty('--log-bar-shift', `${hidden}px`)
  }
}

function matchColors(): MatchColors {
  return {
    match: readColor('color-mix(in oklab, var(--time) 30%, var(--term))'),
    active: readColor('color-mix(in oklab, var(--time) 65%, var(--term))'),
  }
}
