/**
 * A file of JSON lines that only grows: adding one costs 5 µs, where a file of its own for each record cost 500. A line
 * that a full disk or a kill cut short is passed over; lines that count no more go when the file is written anew.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { withSpareRoom } from '../journal/spare-room'

/** Where a line is, without its line break. */
export interface LinePlace {
  offset: number
  length: number
}

export class RecordLog {
  private bytes = 0
  /** The last line has no end: the next one must not be glued to it. */
  private isTorn = false

  constructor(private readonly path: string) {}

  get size(): number {
    return this.bytes
  }

  /** All lines, at the start. A file that is not there has none. */
  read(): { place: LinePlace; text: string }[] {
    let content: Buffer
    try {
      content = readFileSync(this.path)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw error
    }
    this.bytes = content.length
    const lines: { place: LinePlace; text: string }[] = []
    let offset = 0
    for (let end = content.indexOf(10); end >= 0; end = content.indexOf(10, offset)) {
      if (end > offset)
        lines.push({ place: { offset, length: end - offset }, text: content.toString('utf8', offset, end) })
      offset = end + 1
    }
    this.isTorn = offset < content.length
    return lines
  }

  /** Add a line. Throws what the file system says; then nothing was added. */
  append(text: string): LinePlace {
    const lead = this.isTorn ? '\n' : ''
    const line = Buffer.from(`${lead}${text}\n`)
    const file = withSpareRoom(() => openSync(this.path, 'a', 0o600))
    try {
      for (let at = 0; at < line.length; ) at += withSpareRoom(() => writeSync(file, line, at))
    } catch (error) {
      this.takeBack(file)
      throw error
    } finally {
      closeSync(file)
    }
    const place = { offset: this.bytes + lead.length, length: line.length - lead.length - 1 }
    this.isTorn = false
    this.bytes += line.length
    return place
  }

  readAt(place: LinePlace): string {
    const file = openSync(this.path, 'r')
    try {
      const line = Buffer.alloc(place.length)
      const length = readSync(file, line, 0, line.length, place.offset)
      return line.toString('utf8', 0, length)
    } finally {
      closeSync(file)
    }
  }

  /** Write the file anew with these lines alone, whole or not at all. Returns their places. */
  rewrite(texts: readonly string[]): LinePlace[] {
    const places: LinePlace[] = []
    const lines = texts.map((text) => Buffer.from(`${text}\n`))
    let offset = 0
    for (const line of lines) {
      places.push({ offset, length: line.length - 1 })
      offset += line.length
    }
    const draft = `${this.path}.new`
    try {
      const file = openSync(draft, 'w', 0o600)
      try {
        const content = Buffer.concat(lines)
        for (let at = 0; at < content.length; ) at += writeSync(file, content, at)
      } finally {
        closeSync(file)
      }
      renameSync(draft, this.path)
    } catch (error) {
      rmSync(draft, { force: true })
      throw error
    }
    this.bytes = offset
    this.isTorn = false
    return places
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
