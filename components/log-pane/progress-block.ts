/**
 * How far output may go back. A program that draws several progress bars moves the cursor up and writes over its own
 * rows; these are the last rows of the log, the progress block. Rows above it are never changed again.
 *
 * Programs that cannot ask how high their terminal is take 24 rows, so that is the height of the block. A move that
 * would leave it, or the screen, is not made at all: cut short, it would write over the wrong row. What follows it is
 * then appended.
 */
import type { IParser } from '@xterm/headless'

export const blockRows = 24

export interface ScreenPlace {
  /** Row of the cursor, counted from the first row of the log. */
  row: number
  /** Rows of the screen above it. */
  above: number
}

export class ProgressBlock {
  readonly #place: () => ScreenPlace
  /** The lowest row that the cursor was on. */
  #lowest = 0

  /** @param onErase called before rows below the cursor are erased */
  constructor(parser: Pick<IParser, 'registerCsiHandler'>, place: () => ScreenPlace, onErase: () => void) {
    this.#place = place
    parser.registerCsiHandler({ final: 'A' }, ([rows]) => !this.#mayGoUp(typeof rows === 'number' ? rows : 1))
    parser.registerCsiHandler({ final: 'B' }, () => this.#seen().row >= this.#lowest)
    parser.registerCsiHandler({ final: 'J' }, () => {
      onErase()
      return false
    })
  }

  /** The rows were laid anew or emptied. @param lowest the last row that has text, or the cursor's */
  reset(lowest: number): void {
    this.#lowest = lowest
  }

  #mayGoUp(rows: number): boolean {
    const { row, above } = this.#seen()
    return rows <= above && row - rows > this.#lowest - blockRows
  }

  #seen(): ScreenPlace {
    const place = this.#place()
    this.#lowest = Math.max(this.#lowest, place.row)
    return place
  }
}
