/**
 * The line index of a journal (`<id>.lines`): after every 64 KiB of output one 40-byte little-endian mark with the counts
 * of everything before it, 0.06 % of the journal. A shorter journal has no line index.
 *
 *   0  f64  line feeds of both streams
 *   8  f64  bytes of stderr
 *   16 f64  line feeds of stderr
 *   24 f64  wall time of the last byte, ms since epoch
 *   32 u32  checksum of the bytes above
 *   36 u32  0
 *
 * Everything in it can be computed from the journal: a missing or damaged index is built again.
 */
import { closeSync, fstatSync, readSync, writeSync } from 'node:fs'
import { setImmediate as pause } from 'node:timers/promises'
import { log } from '@/lib/log/log'
import type { JournalStream } from '@/lib/process-api/extensions'
import type { StateFile } from '../../state/files'
import { openIfReadable } from './files'
import type { JournalChunk } from './journal-chunk'
import { countLineFeeds } from './line-feeds'

/** Bytes of output between two marks. */
export const markedBytes = 64 * 1024
export const lineMarkBytes = 40
/** Building an index yields to the event loop after this time. */
const sliceMs = 4

/** What precedes a position of the journal. */
export interface LineMark {
  lineFeeds: number
  stderrBytes: number
  stderrLineFeeds: number
  /** When the last byte before the position arrived, ms since epoch; 0 at the start. */
  wallMs: number
}

const start: LineMark = { lineFeeds: 0, stderrBytes: 0, stderrLineFeeds: 0, wallMs: 0 }

/** Counts output and calls `onMark` after every 64 KiB. */
export class LineCounter {
  private readonly mark: LineMark

  constructor(
    private bytes: number,
    from: LineMark,
    private readonly onMark?: (mark: LineMark, number: number) => void,
  ) {
    this.mark = { ...from }
  }

  /** The counts of everything so far. */
  get counted(): LineMark {
    return { ...this.mark }
  }

  add(stream: JournalStream, bytes: Uint8Array, wallMs: number): void {
    const { mark } = this
    mark.wallMs = wallMs
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + markedBytes - (this.bytes % markedBytes))
      const lineFeeds = countLineFeeds(part)
      mark.lineFeeds += lineFeeds
      if (stream === 'stderr') {
        mark.stderrBytes += part.length
        mark.stderrLineFeeds += lineFeeds
      }
      at += part.length
      this.bytes += part.length
      if (this.bytes % markedBytes === 0) this.onMark?.(mark, this.bytes / markedBytes)
    }
  }
}

/** Writes the line index of a journal while it grows. A failed write leaves the rest of the index to its readers. */
export class LineMarkWriter {
  private file: number | null = null
  private hasFailed = false
  private readonly counter: LineCounter
  private readonly scratch = Buffer.alloc(lineMarkBytes)

  constructor(private readonly path: StateFile) {
    this.counter = new LineCounter(0, start, (mark, number) => this.write(mark, number))
  }

  add(stream: JournalStream, bytes: Uint8Array, wallMs: number): void {
    this.counter.add(stream, bytes, wallMs)
  }

  close(): void {
    if (this.file !== null) closeSync(this.file)
    this.file = null
    this.hasFailed = true
  }

  private write(mark: LineMark, number: number): void {
    if (this.hasFailed) return
    encodeLineMark(this.scratch, 0, mark)
    try {
      this.file ??= this.path.create()
      const wrote = writeSync(this.file, this.scratch, 0, lineMarkBytes, (number - 1) * lineMarkBytes)
      this.hasFailed = wrote !== lineMarkBytes
    } catch (error) {
      this.hasFailed = true
      log.warn({ err: error }, 'a line index could not be written; it is built when it is needed')
    }
  }
}

/** The marks of a journal, in order. */
export class LineMarks {
  constructor(private readonly bytes: Buffer) {}

  /** The last mark has this number; mark 0 is the start of the journal. */
  get last(): number {
    return this.bytes.length / lineMarkBytes
  }

  /** Whether these are the marks of a journal with this many bytes. */
  covers(size: number): boolean {
    return this.last === Math.floor(size / markedBytes)
  }

  /** What precedes the byte at `number` × 64 KiB. */
  at(number: number): LineMark {
    return number === 0 ? start : decodeLineMark(this.bytes, (number - 1) * lineMarkBytes)
  }

  /** The number of the last mark for which `isBefore` holds, which must hold for the start and end once. */
  lastWhere(isBefore: (mark: LineMark, number: number) => boolean): number {
    let low = 0
    let high = this.last
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (isBefore(this.at(middle), middle)) low = middle
      else high = middle - 1
    }
    return low
  }
}

/**
 * Load the marks of the first `size` bytes. Marks that are missing or cannot be right are computed from the journal, and
 * the file is repaired if it may be written.
 * @param read reads a range of the journal
 */
export async function loadLineMarks(
  path: StateFile,
  size: number,
  read: (from: number, to: number) => AsyncIterable<JournalChunk>,
  mayRepair: boolean,
): Promise<LineMarks> {
  const expected = Math.floor(size / markedBytes)
  const bytes = Buffer.alloc(expected * lineMarkBytes)
  const valid = validMarks(bytes, readMarks(path, bytes))
  if (valid < expected) {
    const counter = new LineCounter(valid * markedBytes, new LineMarks(bytes).at(valid), (mark, number) =>
      encodeLineMark(bytes, (number - 1) * lineMarkBytes, mark),
    )
    let sliceStartedAt = performance.now()
    for await (const { stream, data, wallMs } of read(valid * markedBytes, expected * markedBytes)) {
      counter.add(stream, data, wallMs)
      if (performance.now() - sliceStartedAt < sliceMs) continue
      await pause()
      sliceStartedAt = performance.now()
    }
    if (mayRepair) repair(path, bytes)
  }
  return new LineMarks(bytes)
}

/** Fill `bytes` from the file. Returns how many bytes were read. */
function readMarks(path: StateFile, bytes: Buffer): number {
  const file = bytes.length === 0 ? null : openIfReadable(path)
  if (file === null) return 0
  try {
    const length = Math.min(fstatSync(file).size, bytes.length)
    let at = 0
    while (at < length) {
      const got = readSync(file, bytes, at, length - at, at)
      if (got === 0) break
      at += got
    }
    return at
  } finally {
    closeSync(file)
  }
}

/** Number of marks at the start of the bytes that a writer may have written. */
function validMarks(bytes: Buffer, length: number): number {
  let before = start
  let number = 0
  for (let at = 0; at + lineMarkBytes <= length; at += lineMarkBytes) {
    if (bytes.readUInt32LE(at + 32) !== checksum(bytes, at)) break
    const mark = decodeLineMark(bytes, at)
    if (!mayFollow(before, mark)) break
    before = mark
    number += 1
  }
  return number
}

function mayFollow(before: LineMark, mark: LineMark): boolean {
  const lineFeeds = mark.lineFeeds - before.lineFeeds
  const stderrBytes = mark.stderrBytes - before.stderrBytes
  const stderrLineFeeds = mark.stderrLineFeeds - before.stderrLineFeeds
  return (
    lineFeeds >= 0 &&
    lineFeeds <= markedBytes &&
    stderrBytes >= 0 &&
    stderrBytes <= markedBytes &&
    stderrLineFeeds >= 0 &&
    stderrLineFeeds <= Math.min(lineFeeds, stderrBytes) &&
    mark.wallMs >= 0
  )
}

function repair(path: StateFile, bytes: Buffer): void {
  try {
    path.remove()
    const file = path.create()
    try {
      writeSync(file, bytes, 0, bytes.length, 0)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    log.warn({ err: error }, 'a line index could not be repaired')
  }
}

export function encodeLineMark(bytes: Buffer, at: number, mark: LineMark): void {
  bytes.writeDoubleLE(mark.lineFeeds, at)
  bytes.writeDoubleLE(mark.stderrBytes, at + 8)
  bytes.writeDoubleLE(mark.stderrLineFeeds, at + 16)
  bytes.writeDoubleLE(mark.wallMs, at + 24)
  bytes.writeUInt32LE(checksum(bytes, at), at + 32)
  bytes.writeUInt32LE(0, at + 36)
}

function decodeLineMark(bytes: Buffer, at: number): LineMark {
  return {
    lineFeeds: bytes.readDoubleLE(at),
    stderrBytes: bytes.readDoubleLE(at + 8),
    stderrLineFeeds: bytes.readDoubleLE(at + 16),
    wallMs: bytes.readDoubleLE(at + 24),
  }
}

/** FNV-1a of the first 32 bytes of a mark; never 0 for zeros, as in a file with a hole. */
function checksum(bytes: Buffer, at: number): number {
  let hash = 0x811c9dc5
  for (let index = at; index < at + 32; index += 1) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193)
  return hash >>> 0
}
