/** Where matches of a line are on the grid of a terminal, whose cells hold characters of different widths. */
import type { IBuffer, IBufferCell, IBufferLine } from '@xterm/xterm'

export interface CellRange<Item> {
  /** Row of the buffer, from its top. */
  row: number
  /** First column, and the one after the last. */
  from: number
  to: number
  item: Item
}

/** Longer lines are searched to here. */
const maxLineRows = 200

/**
 * Finds in the lines of which some row is in a part of the buffer.
 * @param find the matches in the text of a line, in UTF-16 code units
 */
export function matchRows<Item>(
  buffer: IBuffer,
  first: number,
  last: number,
  find: (text: string) => readonly { start: number; end: number; item: Item }[],
): CellRange<Item>[] {
  const ranges: CellRange<Item>[] = []
  let row = first
  while (row > Math.max(0, first - maxLineRows) && buffer.getLine(row)?.isWrapped) row -= 1
  while (row <= last) {
    let end = row
    while (end - row < maxLineRows && buffer.getLine(end + 1)?.isWrapped) end += 1
    const cells = cellsOf(buffer, row, end)
    for (const { start, end: stop, item } of find(cells.text)) {
      ranges.push(...rangesOf(cells, start, stop, item).filter((range) => range.row >= first && range.row <= last))
    }
    row = end + 1
  }
  return ranges
}

interface LineCells {
  text: string
  /** For each code unit of the text: row, first column, and the column after. */
  positions: { row: number; from: number; to: number }[]
}

function cellsOf(buffer: IBuffer, first: number, last: number): LineCells {
  const cells: LineCells = { text: '', positions: [] }
  for (let row = first; row <= last; row += 1) {
    const line = buffer.getLine(row)
    if (line) addRow(cells, line, row, buffer.getNullCell())
  }
  return cells
}

/** @param reused saves an object for each cell */
function addRow(cells: LineCells, line: IBufferLine, row: number, reused: IBufferCell): void {
  for (let column = 0; column < line.length; column += 1) {
    const cell = line.getCell(column, reused)
    const width = cell?.getWidth() ?? 0
    // The second half of a wide character.
    if (!cell || width === 0) continue
    const chars = cell.getChars() || ' '
    cells.text += chars
    for (let unit = 0; unit < chars.length; unit += 1) {
      cells.positions.push({ row, from: column, to: column + width })
    }
  }
}

function rangesOf<Item>({ positions }: LineCells, start: number, end: number, item: Item): CellRange<Item>[] {
  const ranges: CellRange<Item>[] = []
  for (let unit = start; unit < end; unit += 1) {
    const position = positions[unit]
    if (!position) break
    const open = ranges.at(-1)
    if (open?.row === position.row) open.to = position.to
    else ranges.push({ ...position, item })
  }
  return ranges
}
