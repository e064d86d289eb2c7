/** Requests that wait while a sandbox starts. */

/** How long a request waits. */
const waitTimeoutMs = 10_000

export class StartWaiters {
  private readonly waiting = new Set<() => void>()

  /** Resolves when the current start has succeeded or failed, or when the wait times out. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, waitTimeoutMs)
      this.waiting.add(done)
    })
  }

  release(): void {
    for (const done of this.waiting) done()
  }
}
