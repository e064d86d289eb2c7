/**
 * One log on the page: the screen, its gutter and the reader, tied to the browser's events. Made when the font can be
 * measured, and gone with the pane. React only mounts it and shows what it says.
 */
import { readColor, readTerminalTheme } from '@/components/theme/terminal-theme'
import { onThemeChange } from '@/components/theme/theme-provider'
import type { LiveClient } from '@/lib/live/client/live-client'
import type { JournalRef } from '@/lib/live/protocol'
import type { OutputSize } from '@/lib/process-api/execution'
import type { JournalStream } from '@/lib/process-api/extensions'
import { Gutter } from './gutter'
import type { JournalPlaces } from './journal-places'
import { JournalReader } from './journal-reader'
import { loadLogFont } from './log-font'
import { LogSearch } from './log-search'
import { LogTerminal, type MatchColors } from './log-terminal'

const fontSize = 13

export interface LogViewOptions {
  /** Scrolls sideways where lines do not wrap. */
  scroller: HTMLElement
  host: HTMLElement
  gutter: HTMLElement
  socket: LiveClient
  target: string
  journal: JournalRef
  size: OutputSize
  /** Asks the target where something is in the whole journal; null where it cannot say. */
  places: JournalPlaces | null
  wrap: boolean
  raw: boolean
  onLink: (url: string) => void
}

export class LogView {
  readonly reader: JournalReader
  readonly terminal: LogTerminal
  readonly search: LogSearch
  readonly #options: LogViewOptions
  readonly #gutter: Gutter
  readonly #undo: (() => void)[] = []
  #drawAsked = false
  #layoutAsked = false
  #onScreen = true

  private constructor(options: LogViewOptions, font: Awaited<ReturnType<typeof loadLogFont>>) {
    this.#options = options
    this.#gutter = new Gutter(options.gutter)
    this.terminal = new LogTerminal(options.host, font, readTerminalTheme(), {
      onView: () => this.#askDraw(),
      onScroll: () => this.reader.userScrolled(),
      onLink: options.onLink,
      onMatches: (index, count) => this.search.counted(index, count),
    })
    this.reader = new JournalReader({
      socket: options.socket,
      target: options.target,
      ref: options.journal,
      screen: this.terminal,
      size: options.size,
      place: options.places?.place,
      nextFrame: requestAnimationFrame.bind(window),
    })
    this.search = new LogSearch({
      reader: this.reader,
      terminal: this.terminal,
      colors: matchColors,
      whole: options.places && ((asked, signal) => options.places?.search(asked, this.#stream(), signal) ?? none),
    })
    this.#listen()
    this.#layout()
    this.setWrap(options.wrap)
    this.terminal.setRaw(options.raw)
    this.reader.start()
  }

  /** @param signal aborted when the pane is gone before the font is there */
  static async open(options: LogViewOptions, signal: AbortSignal): Promise<LogView | null> {
    const font = await loadLogFont(fontSize)
    return signal.aborted ? null : new LogView(options, font)
  }

  close(): void {
    for (const undo of this.#undo) undo()
    this.reader.stop()
    this.terminal.dispose()
    this.#options.gutter.replaceChildren()
  }

  #stream(): JournalStream | null {
    const { filter } = this.reader.getView()
    return filter === 'both' ? null : filter
  }

  /** Whether the times are those of arrival, because the target keeps none. */
  setArrivalTimes(arrival: boolean): void {
    this.#gutter.setMark(arrival ? '~' : '')
    this.#askDraw()
  }

  setWrap(wrap: boolean): void {
    this.terminal.setWrap(wrap)
    this.#options.scroller.toggleAttribute('data-wide', !wrap)
    this.#options.scroller.scrollLeft = 0
    this.#widenHost()
  }

  /** Show control characters and sequences instead of following them. */
  setRaw(raw: boolean): void {
    if (this.terminal.setRaw(raw)) this.reader.reopen()
  }

  #listen(): void {
    const { host, scroller, gutter } = this.#options
    const on = <Type extends keyof HTMLElementEventMap>(
      element: HTMLElement,
      type: Type,
      listener: (event: HTMLElementEventMap[Type]) => void,
      options?: AddEventListenerOptions,
    ) => {
      element.addEventListener(type, listener, options)
      this.#undo.push(() => element.removeEventListener(type, listener, options))
    }
    const touched = () => this.terminal.touched()
    on(host, 'wheel', touched, { capture: true, passive: true })
    on(host, 'pointerdown', touched, { capture: true })
    on(host, 'pointermove', (event) => event.buttons !== 0 && touched(), { capture: true })
    on(gutter, 'wheel', (event) => this.#scrollBy(event.deltaY), { passive: true })
    on(scroller, 'scroll', () => this.#placeScrollbar(), { passive: true })
    this.#scrollByFinger(on)

    const sizes = new ResizeObserver(() => this.#askLayout())
    sizes.observe(scroller)
    const sight = new IntersectionObserver(([entry]) => {
      this.#onScreen = entry?.isIntersecting ?? true
      this.#see()
    })
    sight.observe(scroller)
    const see = () => this.#see()
    document.addEventListener('visibilitychange', see)
    this.#undo.push(
      () => sizes.disconnect(),
      () => sight.disconnect(),
      () => document.removeEventListener('visibilitychange', see),
      onThemeChange(() => this.terminal.setTheme(readTerminalTheme())),
    )
  }

  /** xterm scrolls by wheel and bar only; fingers get the same, with the speed that they leave behind. */
  #scrollByFinger(
    on: <Type extends keyof HTMLElementEventMap>(
      element: HTMLElement,
      type: Type,
      listener: (event: HTMLElementEventMap[Type]) => void,
      options?: AddEventListenerOptions,
    ) => void,
  ): void {
    const { scroller } = this.#options
    let last: { y: number; at: number } | null = null
    let speed = 0
    let glide = 0
    on(
      scroller,
      'touchstart',
      (event) => {
        cancelAnimationFrame(glide)
        speed = 0
        const touch = event.touches[0]
        last = touch && event.touches.length === 1 ? { y: touch.clientY, at: event.timeStamp } : null
      },
      { passive: true },
    )
    on(
      scroller,
      'touchmove',
      (event) => {
        const touch = event.touches[0]
        if (!last || !touch) return
        const moved = last.y - touch.clientY
        speed = moved / Math.max(1, event.timeStamp - last.at)
        last = { y: touch.clientY, at: event.timeStamp }
        this.#scrollBy(moved)
      },
      { passive: true },
    )
    on(
      scroller,
      'touchend',
      () => {
        last = null
        let before = performance.now()
        const step = (now: number) => {
          this.#scrollBy(speed * (now - before))
          speed *= 0.995 ** (now - before)
          before = now
          if (Math.abs(speed) > 0.05) glide = requestAnimationFrame(step)
        }
        if (Math.abs(speed) > 0.05) glide = requestAnimationFrame(step)
      },
      { passive: true },
    )
    this.#undo.push(() => cancelAnimationFrame(glide))
  }

  #rest = 0

  /** Scroll by pixels; what is less than a row is kept for the next time. */
  #scrollBy(pixels: number): void {
    const { rowHeight } = this.terminal
    if (rowHeight === 0) return
    this.terminal.touched()
    this.#rest += pixels
    const lines = Math.trunc(this.#rest / rowHeight)
    this.#rest -= lines * rowHeight
    if (lines !== 0) this.terminal.scrollLines(lines)
  }

  #see(): void {
    this.reader.setVisible(this.#onScreen && document.visibilityState === 'visible')
  }

  #askLayout(): void {
    if (this.#layoutAsked) return
    this.#layoutAsked = true
    requestAnimationFrame(() => {
      this.#layoutAsked = false
      this.#layout()
    })
  }

  #layout(): void {
    const { scroller } = this.#options
    const style = getComputedStyle(this.#options.host)
    const across = Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.paddingRight)
    const down = Number.parseFloat(style.paddingTop) + Number.parseFloat(style.paddingBottom)
    if (scroller.clientWidth === 0) return
    this.terminal.layout(scroller.clientWidth - across, scroller.clientHeight - down)
    this.#widenHost()
  }

  /** The sideways scroller needs to know how wide the grid is. */
  #widenHost(): void {
    const { host } = this.#options
    host.style.width = this.terminal.wrap ? '' : `calc(${this.terminal.gridWidth}px + var(--log-across))`
    this.#placeScrollbar()
    this.#askDraw()
  }

  /** xterm's own scrollbar sits at the right end of the grid; in a wide one it is moved into sight. */
  #placeScrollbar(): void {
    const { scroller, host } = this.#options
    const hidden = Math.min(0, scroller.scrollLeft + scroller.clientWidth - host.offsetWidth)
    scroller.style.setProperty('--log-bar-shift', `${hidden}px`)
  }

  #askDraw(): void {
    if (this.#drawAsked) return
    this.#drawAsked = true
    requestAnimationFrame(() => {
      this.#drawAsked = false
      this.#gutter.draw(this.terminal.screenRows(), this.terminal.rowHeight)
    })
  }
}

const none = Promise.resolve(null)

function matchColors(): MatchColors {
  return {
    match: readColor('color-mix(in oklab, var(--time) 30%, var(--term))'),
    active: readColor('color-mix(in oklab, var(--time) 65%, var(--term))'),
  }
}
