/**
 * Names of files are bytes, and texts on the wire are Unicode. A byte that is not part of valid UTF-8 stands as the
 * character U+F700 + byte, so U+F780 to U+F7FF, of the private use area: such a name can be listed, sent back, encoded
 * in a URL and typed into JSON. Bytes of these characters themselves stand in the same way, so that no two names become
 * the same text.
 */
import { isUtf8 } from 'node:buffer'

const base = 0xf700
const escaped = /[\uf780-\uf7ff]/
const escapedAll = /[\uf780-\uf7ff]/g
/** Where decoding has lost something: the replacement character and the characters above. */
export const suspiciousName = /[\ufffd\uf780-\uf7ff]/

/** The text for the bytes of a name. */
export function textOfName(bytes: Buffer): string {
  const text = bytes.toString()
  if (!suspiciousName.test(text)) return text
  let result = ''
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at)
    const character = bytes.toString('utf8', at, at + length)
    if (isUtf8(bytes.subarray(at, at + length)) && !escaped.test(character)) {
      result += character
      at += length
    } else {
      result += String.fromCharCode(base + (bytes[at] ?? 0))
      at += 1
    }
  }
  return result
}

function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0
  if (first >= 0xf0) return 4
  if (first >= 0xe0) return 3
  return first >= 0xc0 ? 2 : 1
}

/** The path for the system: bytes where a text contains escapes. */
export function systemPath(path: string): string | Buffer {
  if (!escaped.test(path)) return path
  const parts: Buffer[] = []
  let from = 0
  for (const { 0: character, index } of path.matchAll(escapedAll)) {
    parts.push(Buffer.from(path.slice(from, index)), Buffer.of(character.charCodeAt(0) - base))
    from = index + 1
  }
  parts.push(Buffer.from(path.slice(from)))
  return Buffer.concat(parts)
}
