/** Finds the lines of a byte stream that contain a text, with constant memory even for huge lines. */
import { BytePattern } from '../search/byte-pattern'

export interface LineMatch {
  /** Line number, from 1. */
  line: number
  content: string
  /** The line is longer than `maxContentBytes`; `content` is its start. */
  truncated: boolean
}

const maxContentBytes = 64 * 1024
/** A line that reaches this length is scanned chunk by chunk instead of being kept. */
const maxLineBytes = 1024 * 1024
const newline = 0x0a

/** @param needle not empty; a needle with a newline matches no line */
export async function* matchingLines(chunks: AsyncIterable<Buffer>, needle: Buffer): AsyncIterable<LineMatch> {
  if (needle.includes(newline)) return
  const matcher = new LineMatcher(needle)
  for await (const chunk of chunks) yield* matcher.push(chunk)
  yield* matcher.end()
}

/** Splits chunks into lines. A line that is too long to keep is scanned chunk by chunk. */
class LineMatcher {
  private readonly pattern: BytePattern
  private line = 1
  /** The incomplete last line, or, of a long line, only the bytes in which a match may start. */
  private rest: Buffer = Buffer.alloc(0)
  private long: { head: Buffer; hasMatch: boolean } | null = null

  constructor(private readonly needle: Buffer) {
    this.pattern = new BytePattern(needle)
  }

  *push(chunk: Buffer): Iterable<LineMatch> {
    let block = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk
    if (this.long) {
      const end = block.indexOf(newline)
      this.long.hasMatch ||= this.pattern.matches(end < 0 ? block : block.subarray(0, end))
      if (end < 0) {
        this.rest = this.tail(block)
        return
      }
      yield* this.endLongLine(this.long)
      block = block.subarray(end + 1)
    }
    const end = block.lastIndexOf(newline)
    if (end >= 0) {
      yield* matchesInBlock(block.subarray(0, end), this.pattern, this.line)
      this.line += count(block, 0, end) + 1
    }
    this.keepRest(block.subarray(end + 1))
  }

  /** The last line may lack its newline. */
  *end(): Iterable<LineMatch> {
    if (this.long) yield* this.endLongLine(this.long)
    else if (this.pattern.matches(this.rest)) yield toMatch(this.line, this.rest, false)
  }

  private *endLongLine({ head, hasMatch }: { head: Buffer; hasMatch: boolean }): Iterable<LineMatch> {
    if (hasMatch) yield toMatch(this.line, head, true)
    this.long = null
    this.line += 1
  }

  private keepRest(rest: Buffer): void {
    this.rest = rest
    if (rest.length <= maxLineBytes) return
    this.long = { head: Buffer.from(rest.subarray(0, maxContentBytes + 1)), hasMatch: this.pattern.matches(rest) }
    this.rest = this.tail(rest)
  }

  /** The end of a block in which a match may start. */
  private tail(block: Buffer): Buffer {
    const length = this.needle.length - 1
    return length === 0 ? Buffer.alloc(0) : Buffer.from(block.subarray(-length))
  }
}

/** Matches in whole lines, without the last newline. Lines without a match are not decoded. */
function* matchesInBlock(block: Buffer, pattern: BytePattern, firstLine: number): Iterable<LineMatch> {
  let line = firstLine
  let counted = 0
  for (let at = pattern.first(block); at >= 0; ) {
    const start = at === 0 ? 0 : block.lastIndexOf(newline, at - 1) + 1
    const found = block.indexOf(newline, at)
    const end = found < 0 ? block.length : found
    line += count(block, counted, start)
    counted = start
    yield toMatch(line, block.subarray(start, end), false)
    at = pattern.first(block, end)
  }
}

function toMatch(line: number, bytes: Buffer, truncated: boolean): LineMatch {
  const long = truncated || bytes.length > maxContentBytes
  const content = bytes.subarray(0, maxContentBytes).toString('utf8')
  return { line, content: content.endsWith('\r') ? content.slice(0, -1) : content, truncated: long }
}

function count(block: Buffer, from: number, to: number): number {
  let result = 0
  for (let at = block.indexOf(newline, from); at >= 0 && at < to; at = block.indexOf(newline, at + 1)) result += 1
  return result
}
