/**
 * Splits output into slices that xterm parses quickly. xterm yields to the page only between writes, and lines cost it
 * more than bytes: 64 KB of `yes` are 32,000 lines and would block the page for a third of a second.
 */

const maxBytes = 16 * 1024
const maxLines = 1024

/** Views of `bytes`, in order and complete. */
export function* parseSlices(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0
  while (start < bytes.length) {
    const end = Math.min(bytes.length, start + maxBytes)
    let at = start
    for (let lines = 0; lines < maxLines && at < end; lines += 1) {
      const next = bytes.indexOf(0x0a, at)
      at = next === -1 || next >= end ? end : next + 1
    }
    yield bytes.subarray(start, at)
    start = at
  }
}
