/**
 * Looking for a text in a whole journal, on the engine's side: nothing of it is held but the piece that is looked at. The
 * bytes are searched as they were written, so a word with a colour change inside is not found.
 */
import type { JournalSearch } from '@/lib/process-api/extensions'
import type { Journal } from './journal'
import { ownSize, wholeOffset } from './one-stream'

/** Backward it goes in strides of this length, each searched forward. */
const strideBytes = 4 * 1024 * 1024

/**
 * Offset of the first match at or after `from`, or of the last one that begins before it; null where there is none. With
 * a stream, both offsets are the stream's own.
 * @param goOn false ends the search
 */
export async function searchJournal(
  journal: Journal,
  query: JournalSearch,
  goOn: () => boolean,
): Promise<number | null> {
  const finder = new Finder(query)
  const { stream, direction } = query
  const size = stream ? ownSize(journal, stream) : journal.size
  const from = query.from ?? (direction === 'forward' ? 0 : size)
  if (direction === 'forward') return await scan(journal, query, finder, { from, to: size, last: false, goOn })
  if (stream) return await scan(journal, query, finder, { from: 0, to: from, last: true, goOn })
  for (let end = Math.min(from, size); end > 0 && goOn(); end -= strideBytes) {
    const start = Math.max(0, end - strideBytes)
    const found = await scan(journal, query, finder, { from: start, to: end, last: true, goOn })
    if (found !== null) return found
  }
  return null
}

interface Scan {
  /** Matches that begin in this range count. */
  from: number
  to: number
  /** The last match instead of the first. */
  last: boolean
  goOn: () => boolean
}

async function scan(journal: Journal, { stream }: JournalSearch, finder: Finder, range: Scan): Promise<number | null> {
  const size = stream ? ownSize(journal, stream) : journal.size
  // One byte more on both sides tells whether a word begins and ends.
  const begin = Math.max(0, range.from - 1)
  const end = Math.min(range.to + finder.longest, size)
  const pieces = journal.read(
    stream ? { from: await wholeOffset(journal, stream, begin), stream } : { from: begin, to: end },
  )
  let held: Uint8Array = new Uint8Array(0)
  /** Where `held` ends, and the first place that is not decided on yet. */
  let at = begin
  let next = range.from
  let found: number | null = null
  for await (const { data } of pieces) {
    if (!range.goOn()) return null
    const start = at - held.length
    const bytes = Buffer.concat(held.length === 0 ? [data] : [held, data])
    at += data.length
    const decidable = at >= end ? bytes.length : bytes.length - finder.longest + 1
    for (const index of finder.matches(bytes, next - start, decidable)) {
      if (start + index >= range.to) return found
      found = start + index
      if (!range.last) return found
    }
    if (at >= end) break
    next = Math.max(next, start + decidable)
    held = bytes.subarray(Math.max(0, next - 1 - start))
  }
  return found
}

/** Finds a text in bytes, in any of its spellings where case does not matter. */
class Finder {
  private readonly spellings: Buffer[]
  /** What is looked for first: bytes as they are, or folded. `isMatch` then decides. */
  private readonly needles: readonly (Buffer | string)[]
  /** The text and the byte behind it. */
  readonly longest: number

  constructor(private readonly query: JournalSearch) {
    const { text } = query
    const spelt = query.case ? [text] : [...new Set([text, text.toLowerCase(), text.toUpperCase()])]
    this.spellings = spelt.map((one) => Buffer.from(one))
    this.needles = query.case ? this.spellings : [...new Set(this.spellings.map(fold))]
    this.longest = Math.max(...this.spellings.map(({ length }) => length)) + 1
  }

  /** Indexes of matches in `from <= index < to`, ascending. */
  *matches(bytes: Buffer, from: number, to: number): Generator<number> {
    const hay = this.query.case ? bytes : fold(bytes)
    const places = this.needles.map((needle) => indexIn(hay, needle, from))
    for (;;) {
      const place = Math.min(...places)
      if (place >= to) return
      if (this.isMatch(bytes, place)) yield place
      this.needles.forEach((needle, index) => {
        if (places[index] === place) places[index] = indexIn(hay, needle, place + 1)
      })
    }
  }

  private isMatch(bytes: Buffer, at: number): boolean {
    return this.spellings.some((spelling) => {
      const end = at + spelling.length
      if (end > bytes.length || !this.isSpelt(bytes, at, spelling)) return false
      return !this.query.word || !(isWordByte(bytes[at - 1]) || isWordByte(bytes[end]))
    })
  }

  private isSpelt(bytes: Buffer, at: number, spelling: Buffer): boolean {
    return spelling.every((want, index) => {
      const have = bytes[at + index] ?? 0
      return have === want || (!this.query.case && lower(have) === lower(want))
    })
  }
}

/** Infinity where it is not to be found. */
function indexIn(hay: Buffer | string, needle: Buffer | string, from: number): number {
  const index = typeof hay === 'string' ? hay.indexOf(needle.toString(), from) : hay.indexOf(needle, from)
  return index < 0 ? Number.POSITIVE_INFINITY : index
}

/** One character a byte, so that an index in it is an index in the bytes. It folds more than ASCII. */
function fold(bytes: Buffer): string {
  return bytes.toString('latin1').toLowerCase()
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
}

/** Bytes above ASCII are parts of letters nearly always. */
function isWordByte(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= 0x80 || /\w/.test(String.fromCharCode(byte)))
}
