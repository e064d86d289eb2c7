/**
 * One terminal on the page: xterm connected to its channel. It decides who sets the size, when the channel is open, and
 * what is asked before output or a paste has an effect. React mounts it and shows its state.
 */
import { type LogFont, loadLogFont } from '@/components/log-pane/log-font'
import type { FindOptions } from '@/components/log-pane/terminal-find'
import { addTouchScroll } from '@/components/log-pane/touch-scroll'
import { readColor, readTerminalTheme } from '@/components/theme/terminal-theme'
import { onThemeChange } from '@/components/theme/theme-provider'
import { copyText } from '@/components/ui/copy-text'
import type { LiveClient } from '@/lib/live/client/live-client'
import type { PtyAddress, PtyExit, PtyScreen, PtySize, PtySubscription } from '@/lib/live/client/pty-channel'
import { clientName } from './client-name'
import { needsConfirmation, pastedText } from './paste'
import { type Progress, PtyTerminal } from './pty-terminal'
import type { TerminalKeyAction } from './terminal-keys'
import type { TerminalPreferences } from './terminal-preferences'

/** A resize is sent when the pane has had its size for this long. */
const resizeDelayMs = 100
/** A terminal that is not visible for this long is detached. It catches up by a snapshot. */
const hiddenDelayMs = 5_000
/** Changes that programs can cause endlessly, such as of the title, are shown at this interval. */
const publishIntervalMs = 200
const maxTitleLength = 200

export interface PtyViewState {
  phase: 'connecting' | 'open' | 'away' | 'failed' | 'exited'
  /** Time of the next attempt while away, ms since epoch. */
  retryAt: number | null
  /** Why the terminal is away or failed. */
  problem: { code: string; message: string } | null
  exit: PtyExit | null
  size: PtySize | null
  /** The target sent the screen as it was; false where it keeps none. */
  hasScreen: boolean
  /** Bytes of output that this view did not receive because it was too slow. */
  skipped: number
  title: string
  bell: boolean
  progress: Progress | null
  /** Input that may not have been delivered. */
  notSent: string
  latencyMs: number | null
  /** Text that a program wants to put on the clipboard. */
  clipboardRequest: string | null
  /** Text that the user pasted, which waits for a confirmation. */
  pasteRequest: string | null
  link: string | null
  matches: { index: number; count: number }
  focused: boolean
  /** The next key is pressed with Ctrl: set by a button on touch screens. */
  stickyCtrl: boolean
}

const initialState: PtyViewState = {
  phase: 'connecting',
  retryAt: null,
  problem: null,
  exit: null,
  size: null,
  hasScreen: true,
  skipped: 0,
  title: '',
  bell: false,
  progress: null,
  notSent: '',
  latencyMs: null,
  clipboardRequest: null,
  pasteRequest: null,
  link: null,
  matches: { index: -1, count: 0 },
  focused: false,
  stickyCtrl: false,
}

function sendNothing(): void {
  // The server refuses what viewers send.
}

export interface PtyViewOptions {
  host: HTMLElement
  client: LiveClient
  address: PtyAddress
  preferences: TerminalPreferences
  /** The size was chosen on purpose, so it is not changed to that of the pane. */
  hasFixedSize: boolean
  /** Viewers send nothing: no input, no size, no reply of the terminal. */
  viewOnly: boolean
  /** Typed once when the terminal is connected. */
  firstInput: string | null
  onKey: (action: Exclude<TerminalKeyAction, 'copy' | 'paste'>) => void
}

export class PtyView {
  private state = initialState
  private readonly listeners = new Set<() => void>()
  private readonly terminal: PtyTerminal
  private readonly own = clientName()
  private readonly decoder = new TextDecoder()
  private readonly disposers: (() => void)[] = []
  private subscription: PtySubscription | null = null
  private firstInput: string | null
  private clipboardChoice: 'ask' | 'allowed' | 'refused' = 'ask'
  private resizeTimer: ReturnType<typeof setTimeout> | undefined
  private hideTimer: ReturnType<typeof setTimeout> | undefined
  private publishTimer: ReturnType<typeof setTimeout> | undefined
  private scrollRemainder = 0

  private constructor(
    private readonly options: PtyViewOptions,
    font: LogFont,
  ) {
    const { host, preferences } = options
    this.firstInput = options.firstInput
    this.terminal = new PtyTerminal(host, font, readTerminalTheme(), preferences.screenReader, {
      onInput: (text) => this.type(text),
      onBinary: (bytes) => this.subscription?.input(bytes),
      onKey: (action) => this.handleKey(action),
      onLink: (link) => this.set({ link }),
      onTitle: (title) => this.setLater({ title: title.slice(0, maxTitleLength) }),
      onBell: () => {
        if (!this.state.bell) this.setLater({ bell: true })
      },
      onProgress: (progress) => this.setLater({ progress }),
      onClipboard: (text) => this.handleClipboard(text),
      onMatches: (index, count) => this.set({ matches: { index, count } }),
      repliesToQueries: () => this.ownsSize,
    })
    this.terminal.setLabel(`Terminal ${options.address.ptyId}`)
    this.listen()
    this.open()
  }

  /** Load the font, then open. Null where `signal` was aborted meanwhile. */
  static async create(options: PtyViewOptions, signal: AbortSignal): Promise<PtyView | null> {
    const font = await terminalFont(options.preferences)
    return signal.aborted ? null : new PtyView(options, font)
  }

  readonly getState = (): PtyViewState => this.state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  close(): void {
    clearTimeout(this.resizeTimer)
    clearTimeout(this.hideTimer)
    clearTimeout(this.publishTimer)
    for (const dispose of this.disposers) dispose()
    this.subscription?.close()
    this.subscription = null
    this.terminal.dispose()
  }

  get ownsSize(): boolean {
    return this.state.size?.sizeOwner === this.own
  }

  /** Type text as the user would. */
  type(text: string): void {
    const typed = this.state.stickyCtrl ? withCtrl(text) : text
    if (this.state.stickyCtrl) this.set({ stickyCtrl: false })
    if (this.state.phase === 'exited') return
    this.subscription?.input(this.terminal.encode(typed))
  }

  arrow(letter: 'A' | 'B' | 'C' | 'D'): void {
    this.type(this.terminal.arrow(letter))
  }

  setStickyCtrl(stickyCtrl: boolean): void {
    this.set({ stickyCtrl })
  }

  paste(text: string): void {
    if (text === '') return
    if (needsConfirmation(text)) this.set({ pasteRequest: text })
    else this.sendPaste(text)
  }

  answerPaste(text: string | null): void {
    this.set({ pasteRequest: null })
    if (text !== null) this.sendPaste(text)
    this.focus()
  }

  async pasteFromClipboard(): Promise<boolean> {
    try {
      this.paste(await navigator.clipboard.readText())
      return true
    } catch {
      return false // the browser refuses, or the page is not in a secure context
    }
  }

  answerClipboard(allowed: boolean): void {
    const { clipboardRequest } = this.state
    this.clipboardChoice = allowed ? 'allowed' : 'refused'
    this.set({ clipboardRequest: null })
    if (allowed && clipboardRequest !== null) void copyText(clipboardRequest)
    this.focus()
  }

  closeLink(): void {
    this.set({ link: null })
  }

  /** @param again send the input that may not have been delivered once more */
  answerNotSent(again: boolean): void {
    const { notSent } = this.state
    this.set({ notSent: '' })
    if (again) this.subscription?.input(this.terminal.encode(notSent))
    this.focus()
  }

  /** Make this window the owner of the size. */
  takeSize(): void {
    const grid = this.fittingGrid()
    if (grid) this.subscription?.resize(grid.cols, grid.rows, true)
    this.focus()
  }

  retry(): void {
    this.set({ phase: 'connecting', problem: null, exit: null })
    if (this.subscription) this.subscription.retry()
    else this.open()
  }

  /** The terminal was created again under the same id. */
  restart(firstInput: string | null): void {
    this.firstInput = firstInput
    this.terminal.setReadOnly(this.options.viewOnly)
    this.terminal.restart()
    this.set({ title: '', bell: false, notSent: '' })
    this.retry()
  }

  focus(): void {
    this.terminal.focus()
  }

  get hasSelection(): boolean {
    return this.terminal.hasSelection
  }

  async copy(): Promise<void> {
    const text = this.terminal.selection()
    if (text !== '' && (await copyText(text))) this.terminal.clearSelection()
  }

  copyAll(): Promise<boolean> {
    return copyText(this.terminal.text())
  }

  selectAll(): void {
    this.terminal.selectAll()
  }

  clearScrollback(): void {
    this.terminal.clearScrollback()
  }

  find(term: string, options: FindOptions, direction: 'next' | 'previous'): void {
    const colors = {
      match: readColor('color-mix(in oklab, var(--time) 35%, var(--term))'),
      active: readColor('color-mix(in oklab, var(--time) 60%, var(--term))'),
    }
    if (term === '') this.terminal.clearFind()
    else this.terminal.find(term, options, direction, colors)
  }

  clearFind(): void {
    this.terminal.clearFind()
    this.set({ matches: { index: -1, count: 0 } })
  }

  async setPreferences(preferences: TerminalPreferences): Promise<void> {
    this.terminal.setScreenReader(preferences.screenReader)
    this.terminal.setFont(await terminalFont(preferences))
    this.layout()
  }

  private open(): void {
    const { client, address, viewOnly } = this.options
    const subscription = client.openPty(address, this.own, {
      opened: () => this.handleOpened(),
      screen: (screen) => this.handleScreen(screen),
      data: (bytes) => this.terminal.write(bytes, () => this.subscription?.parsed(bytes.byteLength)),
      sized: (size) => this.handleSize(size),
      exited: (exit) => this.handleExit(exit),
      away: (retryMs, message) =>
        this.set({ phase: 'away', retryAt: Date.now() + retryMs, problem: { code: 'TARGET_UNREACHABLE', message } }),
      failed: (code, message) => this.set({ phase: 'failed', problem: { code, message } }),
      notSent: (bytes) => this.set({ notSent: this.state.notSent + this.decoder.decode(bytes) }),
      roundTrip: (ms) => this.setLater({ latencyMs: ms }),
    })
    const send = viewOnly ? { input: sendNothing, resize: sendNothing } : {}
    this.subscription = { ...subscription, ...send }
    this.terminal.setReadOnly(viewOnly)
  }

  private handleOpened(): void {
    this.set({ phase: 'open', retryAt: null, problem: null })
  }

  private handleScreen({ data, skipped, ...size }: PtyScreen): void {
    this.terminal.restore(size, data)
    this.set({ size, hasScreen: data !== null, skipped: this.state.skipped + skipped })
    this.terminal.resize(size, () => this.claimOrScale())
    if (this.firstInput === null) return
    this.type(this.firstInput)
    this.firstInput = null
  }

  private handleSize(size: PtySize): void {
    this.terminal.resize(size, () => {
      this.set({ size })
      this.claimOrScale()
    })
  }

  private handleExit(exit: PtyExit): void {
    // Shown after the output before it.
    this.terminal.write(new Uint8Array(), () => {
      this.terminal.setReadOnly(true)
      this.set({ phase: 'exited', exit, progress: null })
    })
  }

  /** The owner sets the size of its pane, also where nobody owned it before; other viewers scale what they see. */
  private claimOrScale(): void {
    const { size } = this.state
    if (!size || !this.isVisible) return
    const isFree = size.sizeOwner === null && !this.options.viewOnly
    const { width, height } = this.room
    if (!this.ownsSize && (!isFree || this.options.hasFixedSize)) {
      this.terminal.scaleInto(width, height)
      return
    }
    const grid = this.fittingGrid()
    if (grid && (isFree || grid.cols !== size.cols || grid.rows !== size.rows))
      this.subscription?.resize(grid.cols, grid.rows, false)
  }

  private layout(): void {
    this.claimOrScale()
  }

  private fittingGrid() {
    const { width, height } = this.room
    return this.terminal.fittingGrid(width, height)
  }

  private get room(): { width: number; height: number } {
    const { host } = this.options
    const style = getComputedStyle(host)
    return {
      width: host.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight),
      height: host.clientHeight - Number.parseFloat(style.paddingTop) - Number.parseFloat(style.paddingBottom),
    }
  }

  private get isVisible(): boolean {
    return document.visibilityState === 'visible' && this.options.host.clientWidth > 0
  }

  private listen(): void {
    const { host } = this.options
    const listeners = new AbortController()
    const { signal } = listeners
    const resized = new ResizeObserver(() => {
      clearTimeout(this.resizeTimer)
      this.resizeTimer = setTimeout(() => this.layout(), resizeDelayMs)
    })
    resized.observe(host)
    host.addEventListener('paste', (event) => this.handlePaste(event), { capture: true, signal })
    host.addEventListener('focusin', () => this.setFocused(true), { signal })
    host.addEventListener('focusout', () => this.setFocused(false), { signal })
    document.addEventListener('visibilitychange', () => this.handleVisibility(), { signal })
    this.disposers.push(
      () => listeners.abort(),
      () => resized.disconnect(),
      onThemeChange(() => this.terminal.setTheme(readTerminalTheme())),
      addTouchScroll(host, (pixels) => this.scrollBy(pixels)),
    )
  }

  private scrollBy(pixels: number): void {
    const { rowHeight } = this.terminal
    if (rowHeight === 0) return
    this.scrollRemainder += pixels
    const rows = Math.trunc(this.scrollRemainder / rowHeight)
    this.scrollRemainder -= rows * rowHeight
    if (rows !== 0) this.terminal.scrollLines(rows)
  }

  private setFocused(focused: boolean): void {
    this.terminal.setActive(focused)
    this.set(focused ? { focused, bell: false } : { focused })
  }

  private handleVisibility(): void {
    clearTimeout(this.hideTimer)
    if (document.visibilityState !== 'visible') {
      this.hideTimer = setTimeout(() => this.detach(), hiddenDelayMs)
    } else if (this.subscription) {
      this.layout()
    } else if (this.state.phase !== 'exited' && this.state.phase !== 'failed') {
      this.open()
    }
  }

  private detach(): void {
    if (this.state.phase === 'exited' || this.state.phase === 'failed') return
    this.subscription?.close()
    this.subscription = null
    this.set({ phase: 'connecting' })
  }

  private handlePaste(event: ClipboardEvent): void {
    event.preventDefault()
    event.stopPropagation()
    this.paste(event.clipboardData?.getData('text/plain') ?? '')
  }

  private sendPaste(text: string): void {
    this.subscription?.input(this.terminal.encode(pastedText(text, this.terminal.bracketedPaste)))
    this.terminal.scrollToBottom()
  }

  private handleKey(action: TerminalKeyAction): void {
    if (action === 'copy') void this.copy()
    else if (action !== 'paste') this.options.onKey(action)
  }

  private handleClipboard(text: string): void {
    if (this.clipboardChoice === 'allowed') void copyText(text)
    else if (this.clipboardChoice === 'ask') this.set({ clipboardRequest: text })
  }

  private set(change: Partial<PtyViewState>): void {
    this.state = { ...this.state, ...change }
    for (const listener of this.listeners) listener()
  }

  /** For changes that output can cause at any rate. */
  private setLater(change: Partial<PtyViewState>): void {
    this.state = { ...this.state, ...change }
    this.publishTimer ??= setTimeout(() => {
      this.publishTimer = undefined
      for (const listener of this.listeners) listener()
    }, publishIntervalMs)
  }
}

function terminalFont({ font, fontSize }: TerminalPreferences): Promise<LogFont> {
  if (font === 'system') return Promise.resolve({ family: 'ui-monospace, monospace', size: fontSize })
  return loadLogFont(fontSize)
}

/** One key pressed together with Ctrl, where that has a meaning. */
function withCtrl(text: string): string {
  const code = text.length === 1 ? text.toUpperCase().charCodeAt(0) : 0
  return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : text
}
