/**
 * The screen of a terminal in a pane of the wall: it watches and sends nothing, no keystroke, no size, and no reply to a
 * question of a program. The font shrinks until the grid fits.
 */
import { Terminal } from '@xterm/xterm'
import { type LogFont, loadLogFont, logFont } from '@/components/log-pane/log-font'
import { readTerminalTheme } from '@/components/theme/terminal-theme'
import { onThemeChange } from '@/components/theme/theme-provider'
import { GraphemesAddon } from '@/lib/display/graphemes'
import type { LiveClient } from '@/lib/live/client/live-client'
import type { PtyAddress, PtyExit, PtySubscription } from '@/lib/live/client/pty-channel'

const maxFontSize = 12
const minFontSize = 4

interface ScreenOptions {
  host: HTMLElement
  client: LiveClient
  address: PtyAddress
  onExit: (exit: PtyExit) => void
  onMessage: (message: string | null) => void
  onReceived: (bytes: number) => void
}

export class TerminalScreen {
  private readonly terminal: Terminal
  private readonly stopTheme: () => void
  private readonly resizes: ResizeObserver
  private subscription: PtySubscription | null = null

  private constructor(
    private readonly options: ScreenOptions,
    private readonly font: LogFont,
  ) {
    this.terminal = new Terminal({
      ...logFont(font),
      theme: readTerminalTheme(),
      logLevel: 'off',
      allowProposedApi: true,
      disableStdin: true,
      cursorInactiveStyle: 'outline',
      cursorBlink: false,
      scrollback: 0,
      minimumContrastRatio: 4.5,
      // A pane is a link as a whole.
      linkHandler: { activate: () => undefined },
    })
    this.terminal.loadAddon(new GraphemesAddon())
    this.terminal.attachCustomKeyEventHandler(() => false)
    this.terminal.open(options.host)
    if (this.terminal.textarea) this.terminal.textarea.disabled = true
    this.stopTheme = onThemeChange(() => {
      this.terminal.options.theme = readTerminalTheme()
    })
    this.resizes = new ResizeObserver(() => this.fit())
    this.resizes.observe(options.host)
  }

  /** @param signal aborted when the pane is closed before the font is loaded */
  static async open(options: ScreenOptions, signal: AbortSignal): Promise<TerminalScreen | null> {
    const font = await loadLogFont(maxFontSize)
    return signal.aborted ? null : new TerminalScreen(options, font)
  }

  /** Watch the terminal. */
  start(): void {
    if (this.subscription) return
    const { client, address, onExit, onMessage, onReceived } = this.options
    this.subscription = client.openPty(address, 'live wall', {
      opened: () => onMessage(null),
      screen: ({ data, cols, rows }) => {
        if (data !== null) this.terminal.reset()
        this.setGrid(cols, rows)
        if (data !== null) this.terminal.write(data)
      },
      data: (bytes) => {
        onReceived(bytes.length)
        this.terminal.write(bytes, () => this.subscription?.parsed(bytes.length))
      },
      sized: ({ cols, rows }) => this.terminal.write('', () => this.setGrid(cols, rows)),
      exited: onExit,
      away: (_retryMs, message) => onMessage(message),
      failed: (_code, message) => onMessage(message),
      notSent: () => undefined,
      roundTrip: () => undefined,
    })
  }

  /** Stop watching; the screen stays as it is. */
  stop(): void {
    this.subscription?.close()
    this.subscription = null
  }

  close(): void {
    this.stop()
    this.stopTheme()
    this.resizes.disconnect()
    this.terminal.dispose()
  }

  private setGrid(cols: number, rows: number): void {
    if (cols !== this.terminal.cols || rows !== this.terminal.rows) this.terminal.resize(cols, rows)
    this.fit()
  }

  private fit(): void {
    const { host } = this.options
    const screen = host.querySelector('.xterm-screen')
    if (!screen || host.clientWidth === 0 || screen.clientWidth === 0) return
    const { fontSize = maxFontSize } = this.terminal.options
    const scale = Math.min(host.clientWidth / screen.clientWidth, host.clientHeight / screen.clientHeight)
    const size = Math.min(maxFontSize, Math.max(minFontSize, Math.floor(fontSize * scale * 4) / 4))
    if (size === fontSize) return
    const { fontSize: next, lineHeight } = logFont({ ...this.font, size })
    this.terminal.options = { fontSize: next, lineHeight }
  }
}
