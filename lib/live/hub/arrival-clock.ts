/**
 * Times for the output of a target that keeps none: when it arrived. What a log stream sends at first was printed
 * before anybody looked, so it gets no time; after the first pause output is taken to be as old as its arrival.
 */

/** Backlog comes without a pause of this length. */
const pauseMs = 250

export class ArrivalClock {
  private live = false
  private last: number

  constructor(private readonly now: () => number = Date.now) {
    this.last = now()
  }

  /** Time of what has just arrived, ms since epoch; null for what is from before. */
  stamp(): number | null {
    const now = this.now()
    this.live ||= now - this.last >= pauseMs
    this.last = now
    return this.live ? now : null
  }
}
