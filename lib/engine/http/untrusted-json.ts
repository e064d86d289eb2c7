/**
 * JSON that a program of a sandbox has written. Parsing blocks everything else in the process, and the time depends on the
 * number of values more than on the number of bytes: 32 MiB of empty objects take over 30 s on a busy machine, and a
 * gigabyte of memory.
 */

/** Objects, arrays, names and strings of one text. */
const maxValues = 2_000_000

const quote = 0x22
const backslash = 0x5c
const bracket = 0x5b
const brace = 0x7b

/**
 * Parse a text in UTF-8.
 * @throws SyntaxError for a text that is not JSON or has more than 2,000,000 objects, arrays, names and strings
 */
export function parseUntrustedJson(bytes: Uint8Array): unknown {
  if (bytes.length > maxValues && hasMoreValues(bytes, maxValues)) throw new SyntaxError('the JSON has too many values')
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
}

function hasMoreValues(bytes: Uint8Array, max: number): boolean {
  let count = 0
  let isInString = false
  for (let at = 0; at < bytes.length && count <= max; at += 1) {
    const byte = bytes[at]
    if (isInString) {
      if (byte === backslash) at += 1
      else if (byte === quote) isInString = false
    } else if (byte === quote || byte === brace || byte === bracket) {
      isInString = byte === quote
      count += 1
    }
  }
  return count > max
}
