/**
 * Progress bars in a pane that is narrower than they are. A line that a carriage return goes back over is cut off at
 * the right edge while it changes, because a terminal goes back to the start of the last row only: wrapped, each update
 * would leave a row behind. When the line is finished it is drawn once more, whole and wrapped.
 */

const lineFeed = 0x0a
const carriageReturn = 0x0d
/** Automatic wrapping off and on (DECAWM). */
const clip = encode('\u001b[?7l')
const wrap = encode('\u001b[?7h')
const back = encode('\r')
/** A longer state of a line is not drawn again. */
const mostKept = 4096

export class ProgressFold {
  /** What came since the last carriage return of a line that is being gone over; null where none is. */
  #state: Uint8Array[] | null = null
  #stateBytes = 0
  /** A carriage return at the very end: whether a line feed follows is not known yet. */
  #held = false

  /** The bytes to give to the terminal; mostly the very same. */
  next(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return bytes
    if (!this.#held && this.#state === null && !bytes.includes(carriageReturn)) return bytes
    const out: Uint8Array[] = []
    if (this.#held) {
      this.#held = false
      if (bytes[0] === lineFeed) out.push(back)
      else this.#goBack(out)
    }
    let at = 0
    while (at < bytes.length) {
      const end = nextControl(bytes, at)
      if (end > at) this.#text(bytes.subarray(at, end), out)
      at = end + 1
      if (bytes[end] === lineFeed) {
        this.#finish(out)
        out.push(bytes.subarray(end, at))
      } else if (at === bytes.length) {
        this.#held = bytes[end] === carriageReturn
      } else if (bytes[end] === carriageReturn && bytes[at] !== lineFeed) {
        this.#goBack(out)
      }
    }
    return joined(out)
  }

  /** Nothing more is to come for now: the last state is drawn whole. */
  end(): Uint8Array {
    const out: Uint8Array[] = []
    this.#finish(out)
    return joined(out)
  }

  /** The terminal was reset. */
  reset(): void {
    this.#state = null
    this.#held = false
  }

  #text(text: Uint8Array, out: Uint8Array[]): void {
    out.push(text)
    if (this.#state === null) return
    this.#stateBytes += text.length
    if (this.#stateBytes <= mostKept) this.#state.push(text)
  }

  #goBack(out: Uint8Array[]): void {
    if (this.#state === null) out.push(clip)
    out.push(back)
    this.#state = []
    this.#stateBytes = 0
  }

  #finish(out: Uint8Array[]): void {
    if (this.#state === null) return
    if (this.#stateBytes > 0 && this.#stateBytes <= mostKept) out.push(back, wrap, ...this.#state)
    else out.push(wrap)
    this.#state = null
  }
}

/** Where the next line feed or carriage return is; the end where there is none. */
function nextControl(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === lineFeed || bytes[at] === carriageReturn) return at
  }
  return bytes.length
}

/** One piece: a terminal takes a hundred thousand tiny ones badly. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
