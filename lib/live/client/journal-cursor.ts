/**
 * The bookkeeping of one followed journal: which byte comes next, and how much credit the server still has.
 * No socket and no screen in here, so that the promise "no gap, no duplicate" can be tested by itself.
 */
import { creditStep, creditWindow } from '../protocol'

export type Received =
  /** `payload` begins at `offset`, which is the byte that was wanted, or `missing` bytes after it. */
  | { kind: 'take'; offset: number; payload: Uint8Array; missing: number }
  /** Everything in the frame was known already. */
  | { kind: 'known' }
  /** The frame begins behind the wanted byte: ask again from there. The server's own second answer is believed. */
  | { kind: 'gap' }

export class JournalBook {
  #next: number
  /** Bytes handed over and not yet parsed. */
  #held = 0
  /** Bytes that are done with and were not granted again yet. */
  #owed = 0
  /** The byte that was asked for again after a gap, so that one that is really gone does not ask for ever. */
  #askedAgain: number | null = null

  constructor(from: number) {
    this.#next = from
  }

  /** Absolute offset of the next byte that is wanted: everything before it was handed over. */
  get next(): number {
    return this.#next
  }

  /** Bytes handed over and not yet parsed. */
  get held(): number {
    return this.#held
  }

  /** Look at a frame. What was seen already is cut off by its offset; text is never compared. */
  receive(offset: number, payload: Uint8Array): Received {
    const end = offset + payload.byteLength
    if (end <= this.#next) {
      this.#owed += payload.byteLength
      return { kind: 'known' }
    }
    if (offset > this.#next && this.#askedAgain !== this.#next) {
      this.#askedAgain = this.#next
      return { kind: 'gap' }
    }
    const overlap = Math.max(0, this.#next - offset)
    const missing = Math.max(0, offset - this.#next)
    this.#next = end
    this.#owed += overlap
    this.#held += payload.byteLength - overlap
    return { kind: 'take', offset: offset + overlap, payload: overlap ? payload.subarray(overlap) : payload, missing }
  }

  /** Bytes that the screen has dealt with. */
  parsed(bytes: number): void {
    const done = Math.min(bytes, this.#held)
    this.#held -= done
    this.#owed += done
  }

  /** Credit to grant now, in whole steps, so that small writes do not each send a message; 0 is: nothing yet. */
  takeGrant(): number {
    if (this.#owed < creditStep) return 0
    const grant = this.#owed
    this.#owed = 0
    return grant
  }

  /** Credit that goes with an `open` message: the window without what still waits to be parsed. */
  openingCredit(): number {
    this.#owed = 0
    return Math.max(0, creditWindow - this.#held)
  }

  /** Begin anew at another byte, as when the journal turns out to be another one. What waits stays counted. */
  restart(from: number): void {
    this.#next = from
    this.#askedAgain = null
  }
}
