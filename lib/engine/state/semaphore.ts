/** Lets so many through at a time; the others wait in the order in which they came. */
export class Semaphore {
  private inside = 0
  private readonly waiting: Array<() => void> = []

  constructor(private readonly limit: number) {}

  /** Resolves with what must be called, once, on the way out. */
  async enter(): Promise<{ leave(): void }> {
    if (this.inside >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve))
    else this.inside += 1
    return {
      leave: () => {
        // Whoever waits longest takes the place over.
        const next = this.waiting.shift()
        if (next) next()
        else this.inside -= 1
      },
    }
  }
}
