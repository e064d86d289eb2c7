/**
 * A file of JSON lines that only grows: adding one costs 5 µs, where a file of its own for each record cost 500. A line
 * that a full disk or a kill cut short is passed over; lines that count no more go when the file is written anew.
 *
 * Each line has a number, one more than the line before, and a code over both. So a line that was changed, taken from
 * elsewhere, repeated or removed is noticed; that the last ones are missing is not.
 */
import { closeSync, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs'
import { isMissing, type StateFile, StateFileError } from '../../state/files'
import { type Authenticity, checkText, signText } from '../../state/record-codes'
import { withReserve } from '../../state/reserve-file'

/** Where a line is, without its line break. */
export interface LinePlace {
  offset: number
  length: number
}

export interface LogLine {
  place: LinePlace
  value: object
  /** `forged` also for a line that was authentic once and stands here again. */
  standing: Authenticity
  /** Lines that stood before this one are gone. */
  isAfterGap: boolean
}

/** A file beyond this length is read so far. */
const longestFile = 512 * 1024 ** 2
/** A request's body is in one line at most, and a byte of it takes three where it is not UTF-8. */
const longestLine = 200 * 1024 ** 2
const blockBytes = 256 * 1024

export class RecordLog {
  private bytes = 0
  /** The last line has no end: the next one must not be glued to it. */
  private isTorn = false
  /** Number of the last line that counts. */
  private number = 0

  /** @param longest bytes of the file that are read; what is beyond them is left out */
  constructor(
    private readonly file: StateFile,
    private readonly longest = longestFile,
  ) {}

  get size(): number {
    return this.bytes
  }

  /** All lines, at the start. A file that is not there has none; one that may not be read is set aside. */
  *lines(): Generator<LogLine> {
    let descriptor: number
    try {
      descriptor = this.file.openToRead()
    } catch (error) {
      if (isMissing(error)) return
      if (!(error instanceof StateFileError)) throw error
      console.error('records could not be read:', error.message)
      this.file.setAside(error.problem)
      return
    }
    try {
      yield* this.linesOf(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }

  /** Add a line. Throws what the file system says; then nothing was added. */
  append(value: object): LinePlace {
    const lead = this.isTorn ? '\n' : ''
    const line = Buffer.from(`${lead}${this.textOf(value, this.number + 1)}\n`)
    const file = withReserve(() => this.file.openToAppend())
    try {
      for (let at = 0; at < line.length; ) at += withReserve(() => writeSync(file, line, at))
    } catch (error) {
      this.takeBack(file)
      throw error
    } finally {
      closeSync(file)
    }
    const place = { offset: this.bytes + lead.length, length: line.length - lead.length - 1 }
    this.isTorn = false
    this.number += 1
    this.bytes += line.length
    return place
  }

  /** A line as it is now. Throws where it is none any more. */
  readAt({ offset, length }: LinePlace): { value: unknown; standing: Authenticity } {
    const file = this.file.openToRead()
    try {
      const line = Buffer.alloc(length)
      const { body, authenticity: standing } = this.check(
        line.toString('utf8', 0, readSync(file, line, 0, length, offset)),
      )
      return { value: JSON.parse(body), standing }
    } finally {
      closeSync(file)
    }
  }

  /** Write the file anew with these lines alone, whole or not at all. Returns their places. */
  rewrite(values: ReadonlyArray<{ value: object; isAuthentic: boolean }>): LinePlace[] {
    const places: LinePlace[] = []
    let offset = 0
    let number = this.number
    const lines = values.map(({ value, isAuthentic }) => {
      if (isAuthentic) number += 1
      // What was not authentic does not become so by being copied.
      const text = isAuthentic ? this.textOf(value, number) : JSON.stringify(value)
      const length = Buffer.byteLength(text)
      places.push({ offset, length })
      offset += length + 1
      return `${text}\n`
    })
    this.file.replace(lines.join(''))
    this.bytes = offset
    this.number = number
    this.isTorn = false
    return places
  }

  private textOf(value: object, number: number): string {
    return signText(this.file.folder.codes, this.file.location, JSON.stringify({ ...value, number }))
  }

  private check(text: string) {
    return checkText(this.file.folder.codes, this.file.location, text)
  }

  private *linesOf(descriptor: number): Generator<LogLine> {
    let isFirst = true
    for (const { place, text } of this.texts(descriptor)) {
      const { authenticity: standing, body } = this.check(text)
      const value = parseObject(body)
      if (!value) {
        console.error(`a line of ${this.file.path} could not be read`)
        continue
      }
      const number = 'number' in value && typeof value.number === 'number' ? value.number : 0
      if (standing !== 'authentic') {
        yield { place, value, standing, isAfterGap: false }
      } else if (number <= this.number) {
        yield { place, value, standing: 'forged', isAfterGap: false }
      } else {
        // A file that was written anew begins with any number.
        const isAfterGap = !isFirst && number > this.number + 1
        isFirst = false
        this.number = number
        yield { place, value, standing, isAfterGap }
      }
    }
  }

  private *texts(descriptor: number): Generator<{ place: LinePlace; text: string }> {
    const { size } = fstatSync(descriptor)
    const end = Math.min(size, this.longest)
    if (end < size) console.error(`${this.file.path} is longer than ${this.longest} bytes; the rest is not read`)
    const block = Buffer.allocUnsafe(Math.min(blockBytes, end))
    let held: Buffer[] = []
    let heldBytes = 0
    let start = 0
    for (let at = 0; at < end; ) {
      const got = readSync(descriptor, block, 0, Math.min(block.length, end - at), at)
      if (got === 0) break
      let from = 0
      for (let to = block.indexOf(10); to >= 0 && to < got; to = block.indexOf(10, from)) {
        const length = at + to - start
        if (length > 0 && heldBytes <= longestLine && length <= longestLine) {
          yield { place: { offset: start, length }, text: textOf(held, block.subarray(from, to)) }
        }
        held = []
        heldBytes = 0
        from = to + 1
        start = at + from
      }
      const rest = block.subarray(from, got)
      // JSON has no NUL: of a file with a hole nothing is held.
      heldBytes += rest.includes(0) ? longestLine + 1 : rest.length
      if (heldBytes <= longestLine) held.push(Buffer.from(rest))
      else held = []
      at += got
    }
    this.bytes = size
    this.isTorn = start < size
  }

  /** Remove the part of a line that a full disk let through. */
  private takeBack(file: number): void {
    try {
      ftruncateSync(file, this.bytes)
    } catch {
      this.isTorn = true
    }
  }
}

function textOf(held: readonly Buffer[], last: Buffer): string {
  return held.length === 0 ? last.toString('utf8') : Buffer.concat([...held, last]).toString('utf8')
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
