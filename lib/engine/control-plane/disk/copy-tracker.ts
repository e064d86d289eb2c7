/** How far the copy that a sandbox takes part in has come, told while it is made. */
import type { CopyProgress } from '@/lib/process-api/sandbox'

const tellMs = 250

export interface CopyMeter {
  /** Called with the number of bytes of each piece. */
  counted(bytes: number): void
  /** About how many bytes there will be; null where that is not known. */
  expect(totalBytes: number | null): void
}

export class CopyTracker {
  private now: CopyProgress | null = null

  /** @param tell called when the progress changed, a few times a second */
  constructor(private readonly tell: () => void) {}

  get progress(): CopyProgress | null {
    return this.now
  }

  async during<T>(action: CopyProgress['action'], work: (meter: CopyMeter) => Promise<T>): Promise<T> {
    const progress: CopyProgress = { action, copiedBytes: 0, totalBytes: null, startedAt: new Date().toISOString() }
    let told = 0
    const changed = () => {
      if (performance.now() - told < tellMs) return
      told = performance.now()
      this.tell()
    }
    this.now = progress
    try {
      return await work({
        counted: (bytes) => {
          progress.copiedBytes += bytes
          changed()
        },
        expect: (totalBytes) => {
          progress.totalBytes = totalBytes
          changed()
        },
      })
    } finally {
      this.now = null
      this.tell()
    }
  }
}
