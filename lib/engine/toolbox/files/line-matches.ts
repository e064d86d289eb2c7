/** Lines of a byte stream that contain a text, with flat memory however long the lines are. */
import { BytePattern } from '../search/byte-pattern'

export interface LineMatch {
  /** From 1. */
  line: number
  content: string
  /** The line is longer than `longestContent`; `content` is its beginning. */
  truncated: boolean
}

const longestContent = 64 * 1024
/** A line that reaches this length without an end is scanned piece by piece. */
const longestLine = 1024 * 1024
const newline = 0x0a

/** @param needle not empty; one that contains a newline is in no line */
export async function* matchingLines(chunks: AsyncIterable<Buffer>, needle: Buffer): AsyncIterable<LineMatch> {
  if (needle.includes(newline)) return
  const pattern = new BytePattern(needle)
  let line = 1
  let rest: Buffer = Buffer.alloc(0)
  /** The line so far, when it is too long to keep; `rest` is then only what a match could begin in. */
  let long: { head: Buffer; matched: boolean } | null = null

  for await (const chunk of chunks) {
    let block = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    if (long) {
      const end = block.indexOf(newline)
      long.matched ||= pattern.matches(end < 0 ? block : block.subarray(0, end))
      if (end < 0) {
        rest = tail(block, needle.length - 1)
        continue
      }
      if (long.matched) yield asMatch(line, long.head, true)
      long = null
      line += 1
      block = block.subarray(end + 1)
    }
    const end = block.lastIndexOf(newline)
    if (end >= 0) {
      for (const match of matchesInBlock(block.subarray(0, end), pattern, line)) yield match
      line += count(block, 0, end) + 1
    }
    rest = block.subarray(end + 1)
    if (rest.length > longestLine) {
      long = { head: Buffer.from(rest.subarray(0, longestContent + 1)), matched: pattern.matches(rest) }
      rest = tail(rest, needle.length - 1)
    }
  }
  if (long) {
    if (long.matched) yield asMatch(line, long.head, true)
  } else if (pattern.matches(rest)) {
    yield asMatch(line, rest, false)
  }
}

/** Whole lines without the last newline; lines without a match cost one search and no text. */
function* matchesInBlock(block: Buffer, pattern: BytePattern, firstLine: number): Iterable<LineMatch> {
  let line = firstLine
  let counted = 0
  for (let at = pattern.first(block); at >= 0; ) {
    const start = at === 0 ? 0 : block.lastIndexOf(newline, at - 1) + 1
    const found = block.indexOf(newline, at)
    const end = found < 0 ? block.length : found
    line += count(block, counted, start)
    counted = start
    yield asMatch(line, block.subarray(start, end), false)
    at = pattern.first(block, end)
  }
}

function asMatch(line: number, bytes: Buffer, truncated: boolean): LineMatch {
  const long = truncated || bytes.length > longestContent
  const content = bytes.subarray(0, longestContent).toString('utf8')
  return { line, content: content.endsWith('\r') ? content.slice(0, -1) : content, truncated: long }
}

function count(block: Buffer, from: number, to: number): number {
  let result = 0
  for (let at = block.indexOf(newline, from); at >= 0 && at < to; at = block.indexOf(newline, at + 1)) result += 1
  return result
}

function tail(block: Buffer, length: number): Buffer {
  return length === 0 ? Buffer.alloc(0) : Buffer.from(block.subarray(-length))
}
