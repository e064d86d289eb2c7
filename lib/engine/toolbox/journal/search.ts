/**
 * Searches a whole journal for a text without loading it into memory. The raw bytes are searched, so a word with a colour
 * change inside is not found.
 */
import type { JournalSearch } from '@/lib/process-api/extensions'
import { BytePattern } from '../search/byte-pattern'
import type { SearchSlot } from '../search/search-slot'
import type { Journal } from './journal'
import type { JournalChunk } from './journal-chunk'
import { streamSize, toJournalOffset } from './stream-offset'

/** A backward search steps back by this many bytes and searches each step forward. */
const backwardStepBytes = 4 * 1024 * 1024
/** Chunks are joined up to this length, because each search repeats the end of the previous one. */
const minSearchBytes = 64 * 1024

/**
 * Offset of the first match at or after `from`, or, backward, of the last match that starts before it; null if there is
 * none. With a stream, both offsets count that stream only.
 * @param slot ends the search when it may not continue
 */
export async function searchJournal(journal: Journal, query: JournalSearch, slot: SearchSlot): Promise<number | null> {
  const finder = new Finder(query)
  const { stream, direction } = query
  const size = stream ? streamSize(journal, stream) : journal.size
  const from = query.from ?? (direction === 'forward' ? 0 : size)
  if (direction === 'forward') return await scan(journal, query, finder, { from, to: size, last: false, slot })
  if (stream) return await scan(journal, query, finder, { from: 0, to: from, last: true, slot })
  for (let end = Math.min(from, size); end > 0 && (await slot.mayContinue()); end -= backwardStepBytes) {
    const start = Math.max(0, end - backwardStepBytes)
    const found = await scan(journal, query, finder, { from: start, to: end, last: true, slot })
    if (found !== null) return found
  }
  return null
}

interface Scan {
  /** Only matches that start in this range count. */
  from: number
  to: number
  /** Find the last match instead of the first. */
  last: boolean
  slot: SearchSlot
}

async function scan(journal: Journal, { stream }: JournalSearch, finder: Finder, range: Scan): Promise<number | null> {
  const size = stream ? streamSize(journal, stream) : journal.size
  // One more byte on both sides shows whether a word starts and ends there.
  const begin = Math.max(0, range.from - 1)
  const end = Math.min(range.to + finder.maxLength, size)
  const chunks = journal.read(
    stream ? { from: await toJournalOffset(journal, stream, begin), stream } : { from: begin, to: end },
  )
  let carried: Buffer = Buffer.alloc(0)
  /** End of `carried`, and the first offset that is not decided yet. */
  let at = begin
  let next = range.from
  let found: number | null = null
  for await (const data of joinChunks(chunks, range.slot)) {
    const start = at - carried.length
    const bytes = carried.length === 0 ? data : Buffer.concat([carried, data])
    at += data.length
    const decidable = at >= end ? bytes.length : bytes.length - finder.maxLength + 1
    const index = finder.find(bytes, next - start, Math.min(decidable, range.to - start), range.last)
    if (index >= 0) {
      found = start + index
      if (!range.last) return found
    }
    if (at >= end) break
    next = Math.max(next, start + decidable)
    carried = bytes.subarray(Math.max(0, next - 1 - start))
  }
  return found
}

/** Joins chunks into longer ones, until the search may not continue. */
async function* joinChunks(chunks: AsyncIterable<JournalChunk>, slot: SearchSlot): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = []
  let length = 0
  for await (const { data } of chunks) {
    if (!(await slot.mayContinue())) return
    parts.push(data)
    length += data.length
    if (length < minSearchBytes) continue
    yield Buffer.concat(parts)
    parts = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(parts)
}

/** Finds a text in bytes, in all its spellings if case is ignored. */
class Finder {
  private readonly patterns: BytePattern[]
  /** Bytes of the longest spelling, plus the byte after it. */
  readonly maxLength: number

  constructor(private readonly query: JournalSearch) {
    const { text } = query
    const spellings = query.case ? [text] : [text, text.toLowerCase(), text.toUpperCase()]
    const different = new Map(spellings.map((one) => [query.case ? one : foldAscii(one), Buffer.from(one)]))
    this.patterns = [...different.values()].map((bytes) => new BytePattern(bytes, !query.case))
    this.maxLength = Math.max(...this.patterns.map(({ length }) => length)) + 1
  }

  /** Index of the first or last match in `from <= index < to`; -1 if there is none. */
  find(bytes: Buffer, from: number, to: number, last: boolean): number {
    let found = -1
    for (const pattern of this.patterns) {
      const accepts = (index: number) => !this.query.word || isWholeWord(bytes, index, index + pattern.length)
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

function isWholeWord(bytes: Buffer, start: number, end: number): boolean {
  return !(isWordByte(bytes[start - 1]) || isWordByte(bytes[end]))
}

const wordBytes = Uint8Array.from({ length: 256 }, (_, byte) => Number(/\w/.test(String.fromCharCode(byte))))

/** Bytes above ASCII are nearly always parts of letters. */
function isWordByte(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= 0x80 || wordBytes[byte] === 1)
}
