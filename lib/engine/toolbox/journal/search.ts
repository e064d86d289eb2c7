/**
 * Looking for a text in a whole journal, on the engine's side: nothing of it is held but the piece that is looked at. The
 * bytes are searched as they were written, so a word with a colour change inside is not found.
 */
import type { JournalSearch } from '@/lib/process-api/extensions'
import { BytePattern } from '../search/byte-pattern'
import type { SearchTurn } from '../search/search-turn'
import type { Journal } from './journal'
import { ownSize, wholeOffset } from './one-stream'
import type { JournalSegment } from './segment'

/** Backward it goes in strides of this length, each searched forward. */
const strideBytes = 4 * 1024 * 1024
/** Pieces of output are gathered up to this length, as each search looks at the end of the one before once more. */
const gatheredBytes = 64 * 1024

/**
 * Offset of the first match at or after `from`, or of the last one that begins before it; null where there is none. With
 * a stream, both offsets are the stream's own.
 * @param turn ends the search when it may not go on
 */
export async function searchJournal(journal: Journal, query: JournalSearch, turn: SearchTurn): Promise<number | null> {
  const finder = new Finder(query)
  const { stream, direction } = query
  const size = stream ? ownSize(journal, stream) : journal.size
  const from = query.from ?? (direction === 'forward' ? 0 : size)
  if (direction === 'forward') return await scan(journal, query, finder, { from, to: size, last: false, turn })
  if (stream) return await scan(journal, query, finder, { from: 0, to: from, last: true, turn })
  for (let end = Math.min(from, size); end > 0 && (await turn.goesOn()); end -= strideBytes) {
    const start = Math.max(0, end - strideBytes)
    const found = await scan(journal, query, finder, { from: start, to: end, last: true, turn })
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
  turn: SearchTurn
}

async function scan(journal: Journal, { stream }: JournalSearch, finder: Finder, range: Scan): Promise<number | null> {
  const size = stream ? ownSize(journal, stream) : journal.size
  // One byte more on both sides tells whether a word begins and ends.
  const begin = Math.max(0, range.from - 1)
  const end = Math.min(range.to + finder.longest, size)
  const pieces = journal.read(
    stream ? { from: await wholeOffset(journal, stream, begin), stream } : { from: begin, to: end },
  )
  let held: Buffer = Buffer.alloc(0)
  /** Where `held` ends, and the first place that is not decided on yet. */
  let at = begin
  let next = range.from
  let found: number | null = null
  for await (const data of gathered(pieces, range.turn)) {
    const start = at - held.length
    const bytes = held.length === 0 ? data : Buffer.concat([held, data])
    at += data.length
    const decidable = at >= end ? bytes.length : bytes.length - finder.longest + 1
    const index = finder.find(bytes, next - start, Math.min(decidable, range.to - start), range.last)
    if (index >= 0) {
      found = start + index
      if (!range.last) return found
    }
    if (at >= end) break
    next = Math.max(next, start + decidable)
    held = bytes.subarray(Math.max(0, next - 1 - start))
  }
  return found
}

/** The bytes of all pieces in longer ones, until the search may not go on. */
async function* gathered(pieces: AsyncIterable<JournalSegment>, turn: SearchTurn): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = []
  let length = 0
  for await (const { data } of pieces) {
    if (!(await turn.goesOn())) return
    parts.push(data)
    length += data.length
    if (length < gatheredBytes) continue
    yield Buffer.concat(parts)
    parts = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(parts)
}

/** Finds a text in bytes, in any of its spellings where case does not matter. */
class Finder {
  private readonly patterns: BytePattern[]
  /** The longest spelling and the byte behind it. */
  readonly longest: number

  constructor(private readonly query: JournalSearch) {
    const { text } = query
    const spelt = query.case ? [text] : [text, text.toLowerCase(), text.toUpperCase()]
    const different = new Map(spelt.map((one) => [query.case ? one : foldAscii(one), Buffer.from(one)]))
    this.patterns = [...different.values()].map((bytes) => new BytePattern(bytes, !query.case))
    this.longest = Math.max(...this.patterns.map(({ length }) => length)) + 1
  }

  /** Index of the first or last match in `from <= index < to`; -1 where there is none. */
  find(bytes: Buffer, from: number, to: number, last: boolean): number {
    let found = -1
    for (const pattern of this.patterns) {
      const accepts = (index: number) => !this.query.word || isWord(bytes, index, index + pattern.length)
      if (last) {
        found = Math.max(found, pattern.last(bytes, from, to, accepts))
      } else {
        const index = pattern.first(bytes, from, found < 0 ? to : found, accepts)
        if (index >= 0) found = index
      }
    }
    return found
  }
}

function foldAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function isWord(bytes: Buffer, start: number, end: number): boolean {
  return !(isWordByte(bytes[start - 1]) || isWordByte(bytes[end]))
}

const wordBytes = Uint8Array.from({ length: 256 }, (_, byte) => Number(/\w/.test(String.fromCharCode(byte))))

/** Bytes above ASCII are parts of letters nearly always. */
function isWordByte(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= 0x80 || wordBytes[byte] === 1)
}
