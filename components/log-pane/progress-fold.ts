/**
 * Progress bars in a pane that is narrower than they are. A line that a carriage return goes back over is cut off at
 * the right edge while it changes, because a terminal goes back to the start of the last row only: wrapped, each update
 * would leave a row behind. When the line is finished it is drawn once more, whole and wrapped.
 */

/** Automatic wrapping off and on (DECAWM). Output itself cannot say it: cut off, text would vanish. */
const clip = '\x1b[?7l'
const wrap = '\x1b[?7h'
const back = '\r'
/** A longer state of a line is no progress bar: it is wrapped as other text is. */
const maxStateChars = 4096

export class ProgressFold {
  /** What came since the last carriage return of a line that is being gone over; null where none is. */
  #state: string[] | null = null
  #stateChars = 0
  /** A carriage return: whether a line feed follows is not known yet. */
  #returned = false
  #out: string[] = []

  /** True while text may be handed on as it is, line feeds included. */
  get idle(): boolean {
    return this.#state === null && !this.#returned
  }

  /** Text without line feeds, and sequences that say the same when they are drawn again. */
  add(text: string): void {
    this.#goBack()
    this.#out.push(text)
    if (this.#state === null) return
    this.#stateChars += text.length
    this.#state.push(text)
    if (this.#stateChars > maxStateChars) this.#finish()
  }

  lineFeed(): void {
    this.#returned = false
    this.#finish()
    this.#out.push('\n')
  }

  carriageReturn(): void {
    this.#goBack()
    this.#returned = true
  }

  /** A sequence that leaves the place: drawn again, it would go from another one. */
  leave(sequence: string): void {
    this.#goBack()
    this.#finish()
    this.#out.push(sequence)
  }

  /** Nothing more is to come for now: the last state is drawn whole. */
  end(): void {
    this.#finish()
  }

  /** What to give to the terminal since this was asked last. */
  take(): string {
    const out = this.#out.length === 1 ? (this.#out[0] ?? '') : this.#out.join('')
    this.#out = []
    return out
  }

  /** The terminal was reset. */
  reset(): void {
    this.#state = null
    this.#returned = false
    this.#out = []
  }

  #goBack(): void {
    if (!this.#returned) return
    this.#returned = false
    if (this.#state === null) this.#out.push(clip)
    this.#out.push(back)
    this.#state = []
    this.#stateChars = 0
  }

  #finish(): void {
    if (this.#state === null) return
    this.#out.push(...(this.#stateChars > 0 ? [back, wrap, ...this.#state] : [wrap]))
    this.#state = null
  }
}
