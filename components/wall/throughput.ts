/** Counts the bytes that the panes of the wall receive. */
export class Throughput {
  private bytes = 0
  private measuredAt = performance.now()

  readonly add = (bytes: number): void => {
    this.bytes += bytes
  }

  /** Bytes per second since the last call. */
  take(): number {
    const now = performance.now()
    const perSecond = (this.bytes * 1000) / Math.max(1, now - this.measuredAt)
    this.bytes = 0
    this.measuredAt = now
    return perSecond
  }
}
