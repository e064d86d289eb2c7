/**
 * The position of a client in one journal: the next offset, and the credit to grant. Without socket and screen, so that
 * "no gap, no duplicate" can be tested separately.
 */
import { creditStep, creditWindow } from '../limits'

export type ReceivedFrame =
  /** `data` starts at `offset`: the expected offset, or `missing` bytes after it. */
  | { kind: 'new'; offset: number; data: Uint8Array; missing: number }
  /** All bytes of the frame were received before. */
  | { kind: 'duplicate' }
  /** The frame starts after the expected offset: request the journal again from there. */
  | { kind: 'gap' }

export class JournalCursor {
  private nextOffset: number
  private unparsed = 0
  /** Bytes that are parsed or dropped and not granted again yet. */
  private grantable = 0
  /** The offset that was requested again after a gap. A second gap there is accepted: those bytes are lost. */
  private requestedAgain: number | null = null

  constructor(from: number) {
    this.nextOffset = from
  }

  /** The next expected offset: all bytes before it were delivered. */
  get next(): number {
    return this.nextOffset
  }

  /** Bytes that were delivered and not parsed yet. */
  get unparsedBytes(): number {
    return this.unparsed
  }

  /** Compare a frame with the position. Duplicate bytes are recognised by their offset, never by comparing text. */
  receive(offset: number, data: Uint8Array): ReceivedFrame {
    const end = offset + data.byteLength
    if (end <= this.nextOffset) {
      this.grantable += data.byteLength
      return { kind: 'duplicate' }
    }
    if (offset > this.nextOffset && this.requestedAgain !== this.nextOffset) {
      this.requestedAgain = this.nextOffset
      return { kind: 'gap' }
    }
    const overlap = Math.max(0, this.nextOffset - offset)
    const missing = Math.max(0, offset - this.nextOffset)
    this.nextOffset = end
    this.grantable += overlap
    this.unparsed += data.byteLength - overlap
    return { kind: 'new', offset: offset + overlap, data: overlap ? data.subarray(overlap) : data, missing }
  }

  /** The screen has parsed this many bytes. */
  parsed(bytes: number): void {
    const parsed = Math.min(bytes, this.unparsed)
    this.unparsed -= parsed
    this.grantable += parsed
  }

  /** The credit to grant now; 0 until a whole step has accumulated, so that small writes do not send a message each. */
  takeGrant(): number {
    if (this.grantable < creditStep) return 0
    const grant = this.grantable
    this.grantable = 0
    return grant
  }

  /** The credit of an `open` message: the window without the unparsed bytes. */
  openingCredit(): number {
    this.grantable = 0
    return Math.max(0, creditWindow - this.unparsed)
  }

  /** Continue at another offset, as when the journal was replaced. Unparsed bytes stay counted. */
  restart(from: number): void {
    this.nextOffset = from
    this.requestedAgain = null
  }
}
