/**
 * Two streams share one screen, so an incomplete character at the end of a chunk is held back until the rest of the
 * character arrives. Downloads and the journal itself are byte-exact.
 */
import type { JournalStream } from '@/lib/process-api/extensions'

const empty = new Uint8Array(0)

/** The length of an incomplete UTF-8 character at the end of `bytes`: 0 to 3. Invalid bytes count as complete. */
export function incompleteTail(bytes: Uint8Array): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length += 1) {
    const byte = bytes[bytes.length - length] ?? 0
    const isContinuation = (byte & 0xc0) === 0x80
    if (!isContinuation) return length < characterLength(byte) ? length : 0
  }
  return 0
}

/** The length of the UTF-8 character that starts with this byte; 1 for ASCII and invalid bytes. */
function characterLength(byte: number): number {
  if (byte >= 0xf0 && byte <= 0xf4) return 4
  if (byte >= 0xe0 && byte < 0xf0) return 3
  return byte >= 0xc2 && byte < 0xe0 ? 2 : 1
}

export class Utf8Carry {
  private readonly held: Record<JournalStream, Uint8Array> = { stdout: empty, stderr: empty }

  /** The bytes to show now: without an incomplete character at the end, and with the one that was held back before. */
  next(stream: JournalStream, bytes: Uint8Array): Uint8Array {
    const held = this.held[stream]
    const whole = held.length === 0 ? bytes : joined(held, bytes)
    const tail = incompleteTail(whole)
    this.held[stream] = tail === 0 ? empty : whole.slice(whole.length - tail)
    return tail === 0 ? whole : whole.subarray(0, whole.length - tail)
  }

  /** The stream has ended: the incomplete character that was held back. */
  end(stream: JournalStream): Uint8Array {
    const held = this.held[stream]
    this.held[stream] = empty
    return held
  }

  clear(): void {
    this.held.stdout = empty
    this.held.stderr = empty
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
