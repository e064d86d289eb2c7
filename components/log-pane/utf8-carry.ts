/**
 * Two streams share one screen, so a character that one of them has only half written is held back until its rest
 * comes. Downloads and the journal itself stay byte-exact.
 */
import type { JournalStream } from '@/lib/process-api/extensions'

const empty = new Uint8Array(0)

/** Bytes at the end of `bytes` that begin a UTF-8 character without finishing it: 0 to 3. Invalid bytes count as finished. */
export function unfinishedTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    if (byte >= 0xf0 && byte <= 0xf4) return back < 4 ? back : 0
    if (byte >= 0xe0 && byte < 0xf0) return back < 3 ? back : 0
    if (byte >= 0xc2 && byte < 0xe0) return back < 2 ? back : 0
    return 0
  }
  return 0
}

export class Utf8Carry {
  readonly #held: Record<JournalStream, Uint8Array> = { stdout: empty, stderr: empty }

  /** The bytes to show now. They may be fewer than came, or begin with up to three that came before. */
  next(stream: JournalStream, bytes: Uint8Array): Uint8Array {
    const held = this.#held[stream]
    const whole = held.length === 0 ? bytes : joined(held, bytes)
    const tail = unfinishedTail(whole)
    this.#held[stream] = tail === 0 ? empty : whole.slice(whole.length - tail)
    return tail === 0 ? whole : whole.subarray(0, whole.length - tail)
  }

  /** Nothing more comes: what was held back is shown as it is. */
  end(stream: JournalStream): Uint8Array {
    const held = this.#held[stream]
    this.#held[stream] = empty
    return held
  }

  clear(): void {
    this.#held.stdout = empty
    this.#held.stderr = empty
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
