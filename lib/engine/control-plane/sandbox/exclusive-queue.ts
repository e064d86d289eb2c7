/** Runs operations one after another, so that starts, stops, copies and the deletion of a sandbox never overlap. */
export class ExclusiveQueue {
  private tail: Promise<unknown> = Promise.resolve()

  /** @param check called before each operation; throws when none may run any more */
  constructor(private readonly check: () => void) {}

  /**
   * Run `work` after everything queued before it. Rejects with what `check` or `work` throws.
   * @param cancelled removes a waiting operation at once; one that runs has to react to the signal itself
   */
  run<T>(work: () => Promise<T>, cancelled?: AbortSignal): Promise<T> {
    let hasStarted = false
    const result = this.tail.then(() => {
      hasStarted = true
      cancelled?.throwIfAborted()
      this.check()
      return work()
    })
    this.tail = result.catch(() => {})
    if (!cancelled) return result
    return new Promise((resolve, reject) => {
      result.then(resolve, reject)
      cancelled.addEventListener('abort', () => !hasStarted && reject(cancelled.reason), { once: true })
    })
  }
}
