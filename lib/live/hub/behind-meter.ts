/** When to tell a viewer how far it is behind the end of a journal: seldom enough to be read, and once it has caught up. */

/** Less than this is no news. */
export const behindBytes = 1024 * 1024
const caughtUpBytes = 64 * 1024
/** A number is told again when it changed by this part. */
const worthTelling = 0.25

export class BehindMeter {
  private told = 0

  /** The viewer was last told that it is behind. */
  get isBehind(): boolean {
    return this.told > 0
  }

  /** The number to tell now, or null. `size` is the journal's, `sent` the viewer's offset. */
  measure(size: number, sent: number): number | null {
    const behind = Math.max(0, size - sent)
    if (this.told > 0 && behind <= caughtUpBytes) return this.tell(0)
    if (behind <= (this.told > 0 ? caughtUpBytes : behindBytes)) return null
    return this.told === 0 || Math.abs(behind - this.told) >= this.told * worthTelling ? this.tell(behind) : null
  }

  private tell(bytes: number): number {
    this.told = bytes
    return bytes
  }
}
