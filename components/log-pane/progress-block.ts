/**
 * Limits how far output may move back. A program with several progress bars moves the cursor up and overwrites its own
 * rows; the last rows of the log, where that is allowed, are the progress block. Rows above it never change.
 *
 * Programs that cannot query the height of their terminal assume 24 rows, which is the height of the block. A move out
 * of the block or the screen is ignored, since a shorter move would overwrite the wrong row. Later output is appended.
 */
import type { IParser } from '@xterm/headless'

export const blockRows = 24

export interface CursorPosition {
  /** Row of the cursor, counted from the first row of the log. */
  row: number
  /** The number of rows above the cursor on the screen. */
  above: number
}

export class ProgressBlock {
  /** The lowest row that the cursor has reached. */
  private lowest = 0

  /** @param onErase called before rows below the cursor are erased */
  constructor(
    parser: Pick<IParser, 'registerCsiHandler'>,
    private readonly cursor: () => CursorPosition,
    onErase: () => void,
  ) {
    parser.registerCsiHandler({ final: 'A' }, ([rows]) => !this.mayGoUp(typeof rows === 'number' ? rows : 1))
    parser.registerCsiHandler({ final: 'B' }, () => this.readCursor().row >= this.lowest)
    parser.registerCsiHandler({ final: 'J' }, () => {
      onErase()
      return false
    })
  }

  /** The rows were rearranged or cleared. @param lowest the last row with text, or the cursor's */
  reset(lowest: number): void {
    this.lowest = lowest
  }

  private mayGoUp(rows: number): boolean {
    const { row, above } = this.readCursor()
    return rows <= above && row - rows > this.lowest - blockRows
  }

  private readCursor(): CursorPosition {
    const position = this.cursor()
    this.lowest = Math.max(this.lowest, position.row)
    return position
  }
}
