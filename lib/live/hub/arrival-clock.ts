/**
 * Arrival times for the output of a target that does not record times. The first output of a log stream was printed
 * earlier, so it has no time; after the first pause, the arrival counts as the time of printing.
 */

/** The earlier output arrives without a pause of this length. */
const pauseMs = 250

export class ArrivalClock {
  private isLive = false
  private lastArrival: number

  constructor(private readonly now: () => number = Date.now) {
    this.lastArrival = now()
  }

  /** Time of what has just arrived, ms since epoch; null for earlier output. */
  stamp(): number | null {
    const now = this.now()
    this.isLive ||= now - this.lastArrival >= pauseMs
    this.lastArrival = now
    return this.isLive ? now : null
  }
}
