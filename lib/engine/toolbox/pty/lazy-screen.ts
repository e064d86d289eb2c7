/**
 * The screen of a PTY. It is drawn only when a client asks for it, or when the terminal has printed more than memory
 * should hold; until then output and sizes are kept, and the screen is drawn from all of them.
 */
import { OutputTail } from './output-tail'
import type { ScreenGrid, ScreenSnapshot } from './screen/messages'
import type { Screen, Screens } from './screen/screens'

/** Output that a client without a snapshot receives when it attaches. */
const replayBytes = 64 * 1024
const maxUndrawnBytes = 1024 * 1024
/** The terminal is paused when the screen lags by more than the first, and resumed at the second. */
const highWaterBytes = 16 * 1024 * 1024
const lowWaterBytes = 4 * 1024 * 1024

interface SizeAt {
  offset: number
  cols: number
  rows: number
}

export class LazyScreen {
  private readonly tail = new OutputTail(maxUndrawnBytes)
  private readonly sizes: SizeAt[] = []
  private screen: Screen | null = null

  /** @param onProgress called when the screen has drawn some bytes, and when it is lost */
  constructor(
    private readonly screens: Screens,
    private readonly firstSize: { cols: number; rows: number },
    private readonly onProgress: () => void,
  ) {}

  /** Offset of the end: all bytes that the terminal has printed. */
  get offset(): number {
    return this.tail.end
  }

  get isDrawn(): boolean {
    return this.screen !== null
  }

  /** Keeps the bytes, without a copy. */
  write(bytes: Uint8Array): void {
    if (!this.screen && this.tail.end + bytes.length > maxUndrawnBytes) this.ensureScreen()
    this.tail.add(bytes)
    this.screen?.write(bytes)
  }

  /** The size applies to the output from here on. */
  resize(cols: number, rows: number): void {
    this.screen?.resize(cols, rows)
    this.sizes.push({ offset: this.tail.end, cols, rows })
  }

  /** The last output as bytes. */
  recentOutput(): Uint8Array {
    return this.tail.recent(replayBytes)
  }

  /** The screen after everything that was written. Rejects where the screen thread ends. */
  snapshot(): Promise<ScreenSnapshot> {
    return this.ensureScreen().snapshot()
  }

  grid(): Promise<ScreenGrid> {
    return this.ensureScreen().grid()
  }

  /** True while so many bytes wait to be drawn that the terminal should be paused, or stay paused. */
  isLagging(isPaused: boolean): boolean {
    const backlog = this.screen?.backlog ?? 0
    return backlog > (isPaused ? lowWaterBytes : highWaterBytes)
  }

  close(): void {
    this.screen?.close()
    this.screen = null
  }

  private ensureScreen(): Screen {
    if (this.screen && !this.screen.isLost) return this.screen
    const screen = this.screens.open(this.firstSize.cols, this.firstSize.rows)
    screen.onProgress = this.onProgress
    this.redraw(screen)
    this.screen = screen
    this.tail.setLimit(2 * replayBytes)
    return screen
  }

  /** Write what the tail holds, with each resize at its offset. */
  private redraw(screen: Screen): void {
    const output = this.tail.all()
    const { start } = this.tail
    let offset = start
    for (const size of this.sizes) {
      const end = Math.max(offset, size.offset)
      screen.write(output.subarray(offset - start, end - start))
      screen.resize(size.cols, size.rows)
      offset = end
    }
    screen.write(output.subarray(offset - start))
  }
}
