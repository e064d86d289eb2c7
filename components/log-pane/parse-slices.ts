/**
 * Output cut into what xterm parses between two looks at the clock. It yields to the page between writes only, and a
 * line costs it more than a byte: 64 KB of `yes` are 32,000 lines and would hold up the page for a third of a second.
 */

const mostBytes = 16 * 1024
const mostLines = 1024

/** Views of `bytes`, in order; together they are all of it. */
export function* parseSlices(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0
  while (start < bytes.length) {
    const end = Math.min(bytes.length, start + mostBytes)
    let at = start
    for (let lines = 0; lines < mostLines && at < end; lines += 1) {
      const next = bytes.indexOf(0x0a, at)
      at = next === -1 || next >= end ? end : next + 1
    }
    yield bytes.subarray(start, at)
    start = at
  }
}
