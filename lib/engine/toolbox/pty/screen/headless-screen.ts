/** A terminal without a display. Clients that attach later get its state as a snapshot. */
import './unpooled-buffers'

import { SerializeAddon } from '@xterm/addon-serialize'
import { type IFunctionIdentifier, Terminal } from '@xterm/headless'
import { GraphemesAddon } from '@/lib/display/graphemes'
import { erasedRows } from './erased-rows'
import type { ScreenGrid, ScreenSnapshot } from './messages'
import { scrollbackLines } from './messages'
import { pendingWrap } from './pending-wrap'

/** Private modes that the serializer leaves out; a snapshot adds those that are set. */
const trackedPrivateModes = new Set([5, 1005, 1006, 1015, 1016, 2026])

export class HeadlessScreen {
  private readonly terminal: Terminal
  private readonly serializer = new SerializeAddon()
  private readonly privateModes = new Set<number>()
  private readonly charsets = new Map<string, string>()
  private cursorHidden = false
  private cursorStyle: number | null = null
  private margins: { top: number; bottom: number } | null = null
  private title = ''

  constructor(cols: number, rows: number) {
    this.terminal = new Terminal({ cols, rows, scrollback: scrollbackLines, allowProposedApi: true })
    this.terminal.loadAddon(this.serializer)
    // The console's terminals use this addon too: both must agree on the width of each character.
    this.terminal.loadAddon(new GraphemesAddon())
    this.terminal.onTitleChange((title) => {
      this.title = title
    })
    this.trackModes()
  }

  get cols(): number {
    return this.terminal.cols
  }

  /** Draw bytes; `drawn` is called when they are parsed. */
  write(bytes: Uint8Array, drawn: () => void): void {
    this.terminal.write(bytes, drawn)
  }

  resize(cols: number, rows: number): void {
    this.terminal.resize(cols, rows)
    this.margins = null
  }

  snapshot(): ScreenSnapshot {
    const { cols, rows, buffer } = this.terminal
    return {
      cols,
      rows,
      alternateScreen: buffer.active.type === 'alternate',
      title: this.title,
      data: this.contents() + this.untrackedState(),
    }
  }

  grid(): ScreenGrid {
    const { cols, rows, buffer } = this.terminal
    const { active } = buffer
    const lines = Array.from(
      { length: rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
    )
    return {
      cols,
      rows,
      lines,
      cursor: { column: active.cursorX, row: active.cursorY },
      alternateScreen: active.type === 'alternate',
      title: this.title,
    }
  }

  dispose(): void {
    this.terminal.dispose()
  }

  /** Both buffers: the serializer's text, with the backgrounds that it leaves out drawn first. */
  private contents(): string {
    const { normal, alternate } = this.terminal.buffer
    const text = this.serializer.serialize({ scrollback: scrollbackLines })
    // The serializer switches to the alternate screen with the current colour, which would fill that screen.
    const switching = text.replace('\x1b[?1049h', () => `\x1b[m\x1b[?1049h${erasedRows(alternate)}`)
    return erasedRows(normal) + switching
  }

  /** Escape sequences for the state that the serializer leaves out. */
  private untrackedState(): string {
    let text = ''
    for (const mode of this.privateModes) text += `\x1b[?${mode}h`
    if (this.margins) text += this.marginsAndCursor(this.margins)
    // Before the character sets, in which a printed letter may be another character.
    text += pendingWrap(this.terminal, this.cursorRow)
    for (const [slot, charset] of this.charsets) text += `\x1b${slot}${charset}`
    if (this.cursorStyle !== null) text += `\x1b[${this.cursorStyle} q`
    if (this.cursorHidden) text += '\x1b[?25l'
    if (this.title) text += `\x1b]2;${this.title}\x07`
    return text
  }

  /** Setting the margins moves the cursor to the corner, so the cursor is moved back. */
  private marginsAndCursor({ top, bottom }: { top: number; bottom: number }): string {
    const { cursorX } = this.terminal.buffer.active
    return `\x1b[${top};${bottom}r\x1b[${this.cursorRow + 1};${Math.min(cursorX, this.terminal.cols - 1) + 1}H`
  }

  /** The row of the cursor as positions count now: in origin mode from the top margin. */
  private get cursorRow(): number {
    const { cursorY } = this.terminal.buffer.active
    return this.terminal.modes.originMode ? cursorY - (this.margins?.top ?? 1) + 1 : cursorY
  }

  private trackModes(): void {
    const { parser } = this.terminal
    const csi = (id: IFunctionIdentifier, note: (numbers: number[]) => void) =>
      parser.registerCsiHandler(id, (params) => {
        note(params.map((param) => (Array.isArray(param) ? (param[0] ?? 0) : param)))
        return false
      })
    csi({ prefix: '?', final: 'h' }, (modes) => this.setPrivateModes(modes, true))
    csi({ prefix: '?', final: 'l' }, (modes) => this.setPrivateModes(modes, false))
    csi({ intermediates: ' ', final: 'q' }, ([style = 0]) => {
      this.cursorStyle = style
    })
    csi({ final: 'r' }, ([top = 0, bottom = 0]) => {
      const { rows } = this.terminal
      const margins = { top: Math.max(1, top), bottom: bottom === 0 || bottom > rows ? rows : bottom }
      if (margins.bottom <= margins.top) return
      this.margins = margins.top === 1 && margins.bottom === rows ? null : margins
    })
    csi({ intermediates: '!', final: 'p' }, () => this.resetModes())
    parser.registerEscHandler({ final: 'c' }, () => {
      this.resetModes()
      this.title = ''
      return false
    })
    for (const slot of ['(', ')', '*', '+']) {
      for (const charset of ['0', 'A', 'B']) {
        parser.registerEscHandler({ intermediates: slot, final: charset }, () => {
          if (charset === 'B') this.charsets.delete(slot)
          else this.charsets.set(slot, charset)
          return false
        })
      }
    }
  }

  private setPrivateModes(modes: readonly number[], on: boolean): void {
    for (const mode of modes) {
      if (mode === 25) this.cursorHidden = !on
      if (!trackedPrivateModes.has(mode)) continue
      if (on) this.privateModes.add(mode)
      else this.privateModes.delete(mode)
    }
  }

  private resetModes(): void {
    this.privateModes.clear()
    this.charsets.clear()
    this.cursorHidden = false
    this.cursorStyle = null
    this.margins = null
  }
}
