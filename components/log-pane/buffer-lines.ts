/** Lines of an xterm buffer, where a long line is wrapped onto several rows. Rows are counted from the buffer's top. */
import type { IBuffer } from '@xterm/xterm'

/** The first and last row of a line. */
export interface LineRows {
  first: number
  last: number
}

/** The lines of the buffer down to the cursor. */
export function bufferLines(buffer: IBuffer): LineRows[] {
  const end = buffer.baseY + buffer.cursorY
  const lines: LineRows[] = []
  for (let row = 0; row <= end; row += 1) {
    const line = lines.at(-1)
    if (line && buffer.getLine(row)?.isWrapped) line.last = row
    else lines.push({ first: row, last: row })
  }
  return lines
}

/** Characters of the longest line. */
export function maxLineLength(buffer: IBuffer, columns: number): number {
  let max = 0
  for (const { first, last } of bufferLines(buffer)) {
    if ((last - first + 1) * columns <= max) continue
    const end = buffer.getLine(last)?.translateToString(true).length ?? 0
    max = Math.max(max, (last - first) * columns + end)
  }
  return max
}

/** The last row with text, at least the cursor's. */
export function lastTextRow(buffer: IBuffer): number {
  const cursor = buffer.baseY + buffer.cursorY
  for (let row = buffer.length - 1; row > cursor; row -= 1) {
    if (buffer.getLine(row)?.translateToString(true) !== '') return row
  }
  return cursor
}

/** Whether one of the last `rows` rows above the cursor continues a wrapped line. */
export function hasWrappedRow(buffer: IBuffer, rows: number): boolean {
  for (let row = buffer.baseY + buffer.cursorY; row > Math.max(0, buffer.baseY - rows); row -= 1) {
    if (buffer.getLine(row)?.isWrapped) return true
  }
  return false
}

/** All text down to the cursor; wrapped rows are joined. */
export function bufferText(buffer: IBuffer): string {
  const lines: string[] = []
  for (let row = 0; row <= buffer.baseY + buffer.cursorY; row += 1) {
    const line = buffer.getLine(row)
    if (!line) break
    const continues = buffer.getLine(row + 1)?.isWrapped ?? false
    const text = line.translateToString(!continues)
    if (line.isWrapped && lines.length > 0) lines[lines.length - 1] += text
    else lines.push(text)
  }
  return lines.join('\n')
}
