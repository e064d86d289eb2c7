/** Rows that a program has erased with a background colour, such as `\x1b[44m\x1b[2J`. */
import type { IBuffer, IBufferCell, IBufferLine } from '@xterm/headless'

/** What xterm returns as the mode of the 16 basic colours, which a theme may show unlike the same colours of the 256. */
const sixteenColors = 1 << 24

/**
 * Escape sequences that restore the backgrounds of empty rows, for a terminal that is still empty; they end with the cursor
 * in the corner. The serializer leaves out the empty rows below the last text, except in a buffer with scrollback.
 */
export function erasedRows(buffer: IBuffer): string {
  if (buffer.baseY > 0) return ''
  let text = ''
  for (let row = 0; row < buffer.length; row += 1) {
    const line = buffer.getLine(row)
    if (line && line.translateToString(true) === '') text += erasedCells(line, row)
  }
  return text === '' ? '' : `${text}\x1b[m\x1b[H`
}

/** Runs of cells with the same background, each erased with it. */
function erasedCells(line: IBufferLine, row: number): string {
  let text = ''
  for (let start = 0, end = 0; start < line.length; start = end) {
    const background = backgroundOf(line.getCell(start))
    end = start + 1
    while (end < line.length && backgroundOf(line.getCell(end)) === background) end += 1
    if (background !== '') text += `\x1b[${row + 1};${start + 1}H\x1b[${background}m\x1b[${end - start}X`
  }
  return text
}

/** Parameters of SGR; empty for the default. */
function backgroundOf(cell: IBufferCell | undefined): string {
  if (!cell || cell.isBgDefault()) return ''
  const color = cell.getBgColor()
  if (cell.isBgRGB()) return `48;2;${color >> 16};${(color >> 8) & 0xff};${color & 0xff}`
  if (cell.getBgColorMode() !== sixteenColors) return `48;5;${color}`
  return String(color < 8 ? 40 + color : 92 + color)
}
