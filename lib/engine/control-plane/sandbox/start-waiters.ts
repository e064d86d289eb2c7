/** Requests that came while a sandbox was on its way up. */

/** How long a request waits. */
const shutdownTimeoutMs = 10_000

export class StartWaiters {
  private readonly waiting = new Set<() => void>()

  /** Resolves when the start under way has succeeded or failed, or when waiting for it has taken too long. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, shutdownTimeoutMs)
      this.waiting.add(done)
    })
  }

  release(): void {
    for (const done of this.waiting) done()
  }
}
