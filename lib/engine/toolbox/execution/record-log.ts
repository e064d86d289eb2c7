/**
 * An append-only file of JSON lines: adding a line costs 5 µs, a separate file per record would cost 500. A line that a
 * full disk or a kill cut short is skipped. Obsolete lines are removed when the file is rewritten.
 *
 * Each line has a sequence number and a code that covers it. This detects lines that were changed, copied from elsewhere,
 * repeated or removed, except when the last lines are missing.
 */
import { closeSync, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs'
import { log } from '@/lib/log/log'
import { isMissing, type StateFile, StateFileError } from '../../state/files'
import { type Authenticity, checkText, signText } from '../../state/record-codes'
import { withReserve } from '../../state/reserve-file'

/** Position of a line in the file, without its line break. */
export interface LineLocation {
  offset: number
  length: number
}

export interface LogLine {
  location: LineLocation
  value: object
  /** Also `forged` for a repeated line that was authentic once. */
  authenticity: Authenticity
  /** Lines before this one are missing. */
  isAfterGap: boolean
}

/** Bytes of a file that are read. */
const maxFileBytes = 512 * 1024 ** 2
/** A line contains at most one request body, whose invalid UTF-8 bytes take three bytes each. */
const maxLineBytes = 200 * 1024 ** 2
const blockBytes = 256 * 1024

export class RecordLog {
  private bytes = 0
  /** The last line has no line break: the next one must not be appended to it. */
  private isTorn = false
  /** Number of the last authentic line. */
  private number = 0

  /** @param maxBytes bytes of the file that are read; the rest is ignored */
  constructor(
    private readonly file: StateFile,
    private readonly maxBytes = maxFileBytes,
  ) {}

  get size(): number {
    return this.bytes
  }

  /** All lines. Call once, before any other method. A missing file has none; one that must not be read is set aside. */
  *lines(): Generator<LogLine> {
    let descriptor: number
    try {
      descriptor = this.file.openToRead()
    } catch (error) {
      if (isMissing(error)) return
      if (!(error instanceof StateFileError)) throw error
      log.error({ reason: error.message }, 'records could not be read')
      this.file.setAside(error.problem)
      return
    }
    try {
      yield* this.readLines(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }

  /** Add a line. Throws the file system's error, and nothing was added then. */
  append(value: object): LineLocation {
    const lead = this.isTorn ? '\n' : ''
    const line = Buffer.from(`${lead}${this.encodeLine(value, this.number + 1)}\n`)
    const file = withReserve(() => this.file.openToAppend())
    try {
      for (let at = 0; at < line.length; ) at += withReserve(() => writeSync(file, line, at))
    } catch (error) {
      this.undoPartialWrite(file)
      throw error
    } finally {
      closeSync(file)
    }
    const location = { offset: this.bytes + lead.length, length: line.length - lead.length - 1 }
    this.isTorn = false
    this.number += 1
    this.bytes += line.length
    return location
  }

  /** Read a line again. Throws if it is no longer valid. */
  readAt({ offset, length }: LineLocation): { value: unknown; authenticity: Authenticity } {
    const file = this.file.openToRead()
    try {
      const line = Buffer.alloc(length)
      const { body, authenticity } = this.check(line.toString('utf8', 0, readSync(file, line, 0, length, offset)))
      return { value: JSON.parse(body), authenticity }
    } finally {
      closeSync(file)
    }
  }

  /** Atomically rewrite the file with only these lines. Returns their locations. */
  rewrite(values: ReadonlyArray<{ value: object; isAuthentic: boolean }>): LineLocation[] {
    const locations: LineLocation[] = []
    let offset = 0
    let number = this.number
    const lines = values.map(({ value, isAuthentic }) => {
      if (isAuthentic) number += 1
      // Copying a line must not make it authentic.
      const text = isAuthentic ? this.encodeLine(value, number) : JSON.stringify(value)
      const length = Buffer.byteLength(text)
      locations.push({ offset, length })
      offset += length + 1
      return `${text}\n`
    })
    this.file.replace(lines.join(''))
    this.bytes = offset
    this.number = number
    this.isTorn = false
    return locations
  }

  private encodeLine(value: object, number: number): string {
    return signText(this.file.folder.codes, this.file.location, JSON.stringify({ ...value, number }))
  }

  private check(text: string) {
    return checkText(this.file.folder.codes, this.file.location, text)
  }

  private *readLines(descriptor: number): Generator<LogLine> {
    let isFirst = true
    for (const { location, text } of this.readTexts(descriptor)) {
      const { authenticity, body } = this.check(text)
      const value = parseObject(body)
      if (!value) {
        log.error(`a line of ${this.file.path} could not be read`)
        continue
      }
      const number = 'number' in value && typeof value.number === 'number' ? value.number : 0
      if (authenticity !== 'authentic') {
        yield { location, value, authenticity, isAfterGap: false }
      } else if (number <= this.number) {
        yield { location, value, authenticity: 'forged', isAfterGap: false }
      } else {
        // A rewritten file may start with any number.
        const isAfterGap = !isFirst && number > this.number + 1
        isFirst = false
        this.number = number
        yield { location, value, authenticity, isAfterGap }
      }
    }
  }

  private *readTexts(descriptor: number): Generator<{ location: LineLocation; text: string }> {
    const { size } = fstatSync(descriptor)
    const end = Math.min(size, this.maxBytes)
    if (end < size) log.error(`${this.file.path} is longer than ${this.maxBytes} bytes; the rest is not read`)
    const block = Buffer.allocUnsafe(Math.min(blockBytes, end))
    let buffered: Buffer[] = []
    let bufferedBytes = 0
    let start = 0
    for (let at = 0; at < end; ) {
      const got = readSync(descriptor, block, 0, Math.min(block.length, end - at), at)
      if (got === 0) break
      let from = 0
      for (let to = block.indexOf(10); to >= 0 && to < got; to = block.indexOf(10, from)) {
        const length = at + to - start
        if (length > 0 && bufferedBytes <= maxLineBytes && length <= maxLineBytes) {
          yield { location: { offset: start, length }, text: encodeLine(buffered, block.subarray(from, to)) }
        }
        buffered = []
        bufferedBytes = 0
        from = to + 1
        start = at + from
      }
      const rest = block.subarray(from, got)
      // JSON has no NUL, so nothing of a file with a hole is buffered.
      bufferedBytes += rest.includes(0) ? maxLineBytes + 1 : rest.length
      if (bufferedBytes <= maxLineBytes) buffered.push(Buffer.from(rest))
      else buffered = []
      at += got
    }
    this.bytes = size
    this.isTorn = start < size
  }

  /** Remove a line that a full disk cut short. */
  private undoPartialWrite(file: number): void {
    try {
      ftruncateSync(file, this.bytes)
    } catch {
      this.isTorn = true
    }
  }
}

function encodeLine(buffered: readonly Buffer[], last: Buffer): string {
  return buffered.length === 0 ? last.toString('utf8') : Buffer.concat([...buffered, last]).toString('utf8')
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
