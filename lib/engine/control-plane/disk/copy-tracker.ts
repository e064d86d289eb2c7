/** Progress of the copy that a sandbox is part of, reported while it runs. */
import type { CopyProgress } from '@/lib/process-api/sandbox'

const notifyIntervalMs = 250

export interface CopyMeter {
  /** Called with the size of each chunk. */
  onBytes(bytes: number): void
  /** The expected total; null when unknown. */
  expect(totalBytes: number | null): void
}

export class CopyTracker {
  private current: CopyProgress | null = null

  /** @param notify called after changes of the progress, a few times a second */
  constructor(private readonly notify: () => void) {}

  get progress(): CopyProgress | null {
    return this.current
  }

  async during<T>(action: CopyProgress['action'], work: (meter: CopyMeter) => Promise<T>): Promise<T> {
    const progress: CopyProgress = { action, copiedBytes: 0, totalBytes: null, startedAt: new Date().toISOString() }
    let notifiedAt = 0
    const changed = () => {
      if (performance.now() - notifiedAt < notifyIntervalMs) return
      notifiedAt = performance.now()
      this.notify()
    }
    this.current = progress
    try {
      return await work({
        onBytes: (bytes) => {
          progress.copiedBytes += bytes
          changed()
        },
        expect: (totalBytes) => {
          progress.totalBytes = totalBytes
          changed()
        },
      })
    } finally {
      this.current = null
      this.notify()
    }
  }
}
