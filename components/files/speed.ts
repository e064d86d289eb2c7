/** Measures a speed over the last seconds, so that it follows changes without flickering. */
const windowMs = 3_000

export class Speed {
  private samples: { at: number; total: number }[] = []

  /**
   * Adds a measurement and returns the speed in bytes per second; 0 while it is unknown.
   * @param at a monotonic time in ms
   * @param total bytes since the start
   */
  add(at: number, total: number): number {
    this.samples.push({ at, total })
    while (this.samples.length > 2 && at - (this.samples[1]?.at ?? at) > windowMs) this.samples.shift()
    const [first] = this.samples
    if (!first || at === first.at) return 0
    return ((total - first.total) * 1000) / (at - first.at)
  }
}
