/**
 * The input of one terminal on its way to the hub: numbered batches, sent in order, kept until they are acknowledged.
 * Without socket and screen, so that "once, in order, or reported" can be tested separately.
 */
import { inputWindow, inputWindowBytes, maxInputBytes } from '../limits'

export interface InputBatch {
  n: number
  data: Uint8Array
}

export class PtyInput {
  private writerId: string
  private nextNumber = 1
  private sent: (InputBatch & { sentAt: number })[] = []
  private pending: Uint8Array[] = []

  /**
   * @param newId makes the id of a writer, a UUID
   * @param now a monotonic clock in ms
   */
  constructor(
    private readonly newId: () => string,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.writerId = newId()
  }

  /** Identifies the numbering across reconnects. */
  get writer(): string {
    return this.writerId
  }

  /** Bytes that are not acknowledged yet. */
  get bytes(): number {
    return sizeOf(this.sent.map(({ data }) => data)) + sizeOf(this.pending)
  }

  push(data: Uint8Array): void {
    if (data.byteLength > 0) this.pending.push(data)
  }

  /** The next batch to send; null while nothing is pending or enough is on its way. */
  take(): InputBatch | null {
    if (this.pending.length === 0 || this.sent.length >= inputWindow) return null
    if (sizeOf(this.sent.map(({ data }) => data)) >= inputWindowBytes) return null
    const batch = { n: this.nextNumber, data: this.takeBytes(), sentAt: this.now() }
    this.nextNumber += 1
    this.sent.push(batch)
    return batch
  }

  /** The target has received all batches up to this one. Returns the round trip of the last one in ms, if it is known. */
  acknowledged(n: number): number | null {
    const last = this.sent.findLast((batch) => batch.n <= n)
    this.sent = this.sent.filter((batch) => batch.n > n)
    return last ? this.now() - last.sentAt : null
  }

  /**
   * The terminal is connected again.
   * @param received the last batch that the hub has; null when it does not know this writer
   * @returns the batches to send again, or null when it is not known which of them were delivered: call `fail`
   */
  resume(received: number | null): InputBatch[] | null {
    if (received === null) return this.sent.length === 0 ? [] : null
    return this.sent.filter((batch) => batch.n > received)
  }

  /**
   * Give up everything that is not acknowledged. A later part alone would mean something else, so it is given up too.
   * @returns what may not have been delivered
   */
  fail(): Uint8Array {
    const parts = [...this.sent.map(({ data }) => data), ...this.pending]
    this.sent = []
    this.pending = []
    this.nextNumber = 1
    this.writerId = this.newId()
    return joined(parts)
  }

  private takeBytes(): Uint8Array {
    const taken: Uint8Array[] = []
    let room = maxInputBytes
    while (room > 0) {
      const [first] = this.pending
      if (first === undefined) break
      taken.push(first.subarray(0, room))
      if (first.byteLength > room) this.pending[0] = first.subarray(room)
      else this.pending.shift()
      room -= Math.min(room, first.byteLength)
    }
    return joined(taken)
  }
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts
  if (first && parts.length === 1) return first
  const all = new Uint8Array(sizeOf(parts))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.byteLength
  }
  return all
}
