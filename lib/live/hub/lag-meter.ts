/** Decides when to report the lag of a viewer: rarely enough to be read, and once when the viewer has caught up. */

/** A smaller lag is not reported. */
export const minReportedLag = 1024 * 1024
const caughtUpLag = 64 * 1024
/** The lag is reported again when it changed by this share. */
const minChange = 0.25

export class LagMeter {
  private reported = 0

  /** The last report was a lag. */
  get isLagging(): boolean {
    return this.reported > 0
  }

  /**
   * @param size bytes of the journal
   * @param sent offset of the viewer
   * @returns the lag to report now, in bytes; null for no report
   */
  measure(size: number, sent: number): number | null {
    const lag = Math.max(0, size - sent)
    if (this.isLagging && lag <= caughtUpLag) return this.report(0)
    if (lag <= (this.isLagging ? caughtUpLag : minReportedLag)) return null
    return !this.isLagging || Math.abs(lag - this.reported) >= this.reported * minChange ? this.report(lag) : null
  }

  private report(lag: number): number {
    this.reported = lag
    return lag
  }
}
