/**
 * The screen of a replay. It only draws: nothing is typed into it, device queries stay unanswered, links do not open,
 * and neither the clipboard nor the window can be changed by what was recorded.
 */
import { type ITheme, Terminal } from '@xterm/xterm'
import { bufferText } from '@/components/log-pane/buffer-lines'
import { type LogFont, logFont } from '@/components/log-pane/log-font'
import { GraphemesAddon } from '@/lib/display/graphemes'
import type { Grid, ReplayEvent } from '@/lib/replay/replay-event'
import type { ReplayScreen } from '@/lib/replay/replay-player'

const scrollback = 5_000
const scrollbarWidth = 14
const minScaledFont = 5

export class ReplayTerminal implements ReplayScreen {
  private readonly terminal: Terminal
  private readonly resized: ResizeObserver
  /** The recorded size; null where output has none, and the grid fills the pane. */
  private recorded: Grid | null = null

  constructor(
    private readonly host: HTMLElement,
    private readonly font: LogFont,
    theme: ITheme,
    isPlainOutput: boolean,
    label: string,
  ) {
    this.terminal = new Terminal({
      ...logFont(font),
      allowProposedApi: true,
      convertEol: isPlainOutput,
      cursorInactiveStyle: isPlainOutput ? 'none' : 'block',
      disableStdin: true,
      scrollback,
      logLevel: 'off',
      minimumContrastRatio: 4.5,
      theme,
      linkHandler: { activate: () => {} },
    })
    this.terminal.loadAddon(new GraphemesAddon())
    this.terminal.open(host)
    const { textarea } = this.terminal
    textarea?.setAttribute('aria-label', label)
    textarea?.setAttribute('readonly', '')
    this.resized = new ResizeObserver(() => this.fit())
    this.resized.observe(host)
  }

  dispose(): void {
    this.resized.disconnect()
    this.terminal.dispose()
  }

  reset(grid: Grid | null): void {
    // In the order of the writes before it.
    this.terminal.write('', () => {
      this.recorded = grid
      this.terminal.reset()
      this.fit()
    })
  }

  apply(event: ReplayEvent): void {
    if (event.kind === 'output') this.terminal.write(event.data)
    else if (event.kind === 'resize') {
      this.terminal.write('', () => {
        this.recorded = event.grid
        this.fit()
      })
    }
  }

  settled(): Promise<void> {
    return new Promise((resolve) => this.terminal.write('', resolve))
  }

  setTheme(theme: ITheme): void {
    this.terminal.options.theme = theme
  }

  text(): string {
    return bufferText(this.terminal.buffer.active)
  }

  /** Shrinks the font so that the recorded grid fits, or fills the pane with rows and columns. */
  private fit(): void {
    const { clientWidth, clientHeight } = this.host
    const width = clientWidth - scrollbarWidth
    if (width <= 0 || clientHeight <= 0) return
    this.setFontSize(this.font.size)
    const cell = this.cell
    if (!(cell.width > 0 && cell.height > 0)) return
    if (this.recorded) {
      const { cols, rows } = this.recorded
      if (cols !== this.terminal.cols || rows !== this.terminal.rows) this.terminal.resize(cols, rows)
      const scale = Math.min(1, width / (cols * cell.width), clientHeight / (rows * cell.height))
      if (scale < 1) this.setFontSize(Math.max(minScaledFont, Math.floor(this.font.size * scale * 4) / 4))
      return
    }
    const cols = Math.min(1000, Math.max(2, Math.floor(width / cell.width)))
    const rows = Math.min(1000, Math.max(1, Math.floor(clientHeight / cell.height)))
    if (cols !== this.terminal.cols || rows !== this.terminal.rows) this.terminal.resize(cols, rows)
  }

  private get cell(): { width: number; height: number } {
    const screen = this.host.querySelector('.xterm-screen')
    const { cols, rows } = this.terminal
    return { width: (screen?.clientWidth ?? 0) / cols, height: (screen?.clientHeight ?? 0) / rows }
  }

  private setFontSize(size: number): void {
    if (this.terminal.options.fontSize === size) return
    const { fontSize, lineHeight } = logFont({ ...this.font, size })
    this.terminal.options = { fontSize, lineHeight }
  }
}
