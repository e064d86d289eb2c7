/** Passes the output of one PTY to a recording while there is one. */
import { ApiError } from '@/lib/process-api/errors'
import type { OpenRecording } from './recordings'

export class SessionRecorder {
  private open: OpenRecording | null = null
  /** Output since the start of a recording whose first screen is still being read. */
  private beforeScreen: Uint8Array[] | null = null

  /** @param onStop called when a recording stops because it cannot be written any further */
  constructor(private readonly onStop: () => void) {}

  get recordingId(): string | null {
    return this.open?.id ?? null
  }

  /**
   * Record from here on, beginning with the screen as it is.
   * @param readScreen gives the text that restores the screen; null where nothing was printed yet
   */
  async start(open: OpenRecording, readScreen: (() => Promise<string>) | null): Promise<void> {
    if (this.open) throw new ApiError('CONFLICT', 'this PTY is already being recorded')
    const { recording } = open
    const output: Uint8Array[] = []
    this.open = open
    this.beforeScreen = output
    // Later, since stopping writes to the recording and this is called while it is being written to.
    recording.onIncomplete = () => setImmediate(() => this.open === open && this.onStop())
    if (readScreen) recording.screen(await readScreen())
    for (const bytes of output) recording.output(bytes)
    if (this.open === open) this.beforeScreen = null
  }

  output(bytes: Uint8Array): void {
    if (this.beforeScreen) this.beforeScreen.push(bytes)
    else this.open?.recording.output(bytes)
  }

  resized(cols: number, rows: number): void {
    this.open?.recording.resized(cols, rows)
  }

  stop(): void {
    this.open?.stop()
    this.open = null
    this.beforeScreen = null
  }
}
