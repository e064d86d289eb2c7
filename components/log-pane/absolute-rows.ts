/**
 * Absolute row numbers of a terminal. The buffer drops rows at its top; a marker on a row tells how many. xterm
 * disposes the marker when its row is dropped, so it is renewed before that.
 */
import type { IMarker, Terminal } from '@xterm/xterm'

/** The marker is renewed after this many lines. */
const renewAfterLines = 1000

export class AbsoluteRows {
  private marker: IMarker | undefined
  private markerRow = 0
  private linesSinceMarker = 0
  private lastDropped = 0

  constructor(private readonly terminal: Terminal) {
    this.renewMarker()
  }

  /** The number of rows that were dropped so far, which is the number of the buffer's first row. */
  get dropped(): number {
    if (this.marker && !this.marker.isDisposed) this.lastDropped = this.markerRow - this.marker.line
    return this.lastDropped
  }

  get cursor(): number {
    const { baseY, cursorY } = this.terminal.buffer.active
    return this.dropped + baseY + cursorY
  }

  /** The first row on the screen. */
  get viewport(): number {
    return this.dropped + this.terminal.buffer.active.viewportY
  }

  lineFeed(): void {
    this.linesSinceMarker += 1
    if (this.linesSinceMarker >= renewAfterLines) this.renewMarker()
  }

  /** Put the marker on the cursor's row. Call it before rows are erased, which disposes their markers. */
  renewMarker(): void {
    const row = this.cursor
    this.marker?.dispose()
    this.marker = this.terminal.registerMarker(0)
    this.markerRow = row
    this.linesSinceMarker = 0
  }

  /** Forget the marker while rows are rearranged; `renewMarker` must follow. */
  releaseMarker(): void {
    this.marker?.dispose()
  }

  /** The terminal was reset. */
  reset(): void {
    this.releaseMarker()
    this.lastDropped = 0
    this.renewMarker()
  }
}
