/** Limits concurrency. Waiters are served in the order of their requests. */
export class Semaphore {
  private acquired = 0
  private readonly waiting: Array<() => void> = []

  constructor(private readonly limit: number) {}

  /** Resolves when a permit is free. Call `release` exactly once. */
  async acquire(): Promise<{ release(): void }> {
    if (this.acquired >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve))
    else this.acquired += 1
    return {
      release: () => {
        // The permit passes directly to the longest waiter.
        const next = this.waiting.shift()
        if (next) next()
        else this.acquired -= 1
      },
    }
  }
}
