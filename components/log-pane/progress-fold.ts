/**
 * Progress bars in a pane that is narrower than they are. A line that is rewritten after a carriage return is clipped at
 * the right edge while it changes: wrapped, each update would leave a row behind, because a carriage return moves only
 * to the start of the last row. When the line is finished, it is drawn again, complete and wrapped.
 */

/** Disables and enables automatic wrapping (DECAWM). Output itself must not use this, since clipped text is invisible. */
const clip = '\x1b[?7l'
const wrap = '\x1b[?7h'
const carriageReturn = '\r'
/** A longer update is not a progress bar: it is wrapped like other text. */
const maxUpdateLength = 4096

export class ProgressFold {
  /** Text since the last carriage return of a line that is being rewritten; null for other lines. */
  private update: string[] | null = null
  private updateLength = 0
  /** A carriage return that a line feed may follow. */
  private isReturnPending = false
  private out: string[] = []

  /** True while text may be passed on unchanged, line feeds included. */
  get idle(): boolean {
    return this.update === null && !this.isReturnPending
  }

  /** Text without line feeds, and sequences that have the same effect when they are repeated. */
  add(text: string): void {
    this.startUpdate()
    this.out.push(text)
    if (this.update === null) return
    this.updateLength += text.length
    this.update.push(text)
    if (this.updateLength > maxUpdateLength) this.finish()
  }

  lineFeed(): void {
    this.isReturnPending = false
    this.finish()
    this.out.push('\n')
  }

  carriageReturn(): void {
    this.startUpdate()
    this.isReturnPending = true
  }

  /** A relative move, which cannot be repeated. */
  move(sequence: string): void {
    this.startUpdate()
    this.finish()
    this.out.push(sequence)
  }

  /** The log has ended for now: draw the last update completely. */
  end(): void {
    this.finish()
  }

  /** The output for the terminal since the last call. */
  take(): string {
    const out = this.out.length === 1 ? (this.out[0] ?? '') : this.out.join('')
    this.out = []
    return out
  }

  /** The terminal was reset. */
  reset(): void {
    this.update = null
    this.isReturnPending = false
    this.out = []
  }

  private startUpdate(): void {
    if (!this.isReturnPending) return
    this.isReturnPending = false
    if (this.update === null) this.out.push(clip)
    this.out.push(carriageReturn)
    this.update = []
    this.updateLength = 0
  }

  private finish(): void {
    if (this.update === null) return
    this.out.push(...(this.updateLength > 0 ? [carriageReturn, wrap, ...this.update] : [wrap]))
    this.update = null
  }
}
