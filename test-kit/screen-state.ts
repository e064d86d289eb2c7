/** What a terminal shows, for comparisons cell by cell. */
import { Terminal } from '@xterm/headless'

/** Cells with colours and attributes, scrollback included, cursor, buffer and modes. */
export function stateOf(terminal: Terminal) {
  const { active } = terminal.buffer
  const rows = Array.from({ length: active.length }, (_, y) => {
    const line = active.getLine(y)
    const cells = Array.from({ length: terminal.cols }, (_, x) => {
      const cell = line?.getCell(x)
      if (!cell) return ''
      const flags = [
        cell.isBold(),
        cell.isDim(),
        cell.isItalic(),
        cell.isUnderline(),
        cell.isBlink(),
        cell.isInverse(),
        cell.isInvisible(),
        cell.isStrikethrough(),
        cell.isOverline(),
      ].map((isSet) => (isSet ? 1 : 0))
      const foreground = `${cell.getFgColorMode() >> 24}:${cell.getFgColor()}`
      const background = `${cell.getBgColorMode() >> 24}:${cell.getBgColor()}`
      return `${cell.getChars() || ' '} ${foreground} ${background} ${flags.join('')}`
    })
    return cells.join('|').replace(/(\| {2}0:-1 0:-1 0+)+$/, '')
  })
  return { rows, cursor: [active.cursorX, active.cursorY], buffer: active.type, modes: terminal.modes }
}

export async function drawn(cols: number, rows: number, ...parts: Array<string | Uint8Array>): Promise<Terminal> {
  const terminal = new Terminal({ cols, rows, scrollback: 5_000, allowProposedApi: true })
  for (const part of parts) await new Promise<void>((resolve) => terminal.write(part, resolve))
  return terminal
}

export async function screenState(cols: number, rows: number, ...parts: Array<string | Uint8Array>) {
  return stateOf(await drawn(cols, rows, ...parts))
}
