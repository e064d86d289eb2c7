/** Reads a range of a journal from its files, one bounded chunk at a time. */
import { closeSync, fstatSync, read, readSync } from 'node:fs'
import { setImmediate as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { JournalStream } from '@/lib/process-api/extensions'
import { type JournalFiles, openIfReadable } from './files'
import { findIndexRecord, type IndexRecord, indexRecordBytes, isPlausible, readIndexRecord } from './index-record'
import { type JournalChunk, maxChunkBytes } from './journal-chunk'

const dataBlockBytes = 256 * 1024
const recordsPerBlock = 1024
/** How many records of the other stream are skipped between two pauses. There may be millions. */
const skippedPerPause = 16_384
/** A range up to this length is nearly always in the page cache: reading it synchronously saves a millisecond. */
const maxSyncBytes = 128 * 1024

const readAsync = promisify(read)

export interface JournalRange {
  from: number
  to: number
  stream?: JournalStream | undefined
  maxChunk?: number | undefined
  /** When data without an index record arrived, if known. */
  unlabelled?: { sinceStartUs: number; wallMs: number } | null
}

/**
 * @param openData opens the data file; null if there is none
 * @param records number of valid records in the index; data that they do not cover reads as stdout
 */
export async function* readRange(
  paths: JournalFiles,
  openData: () => number | null,
  records: number,
  range: JournalRange,
): AsyncGenerator<JournalChunk> {
  if (range.from >= range.to) return
  const data = openData()
  if (data === null) return
  const maxBytes = Math.min(range.maxChunk ?? maxChunkBytes, maxChunkBytes)
  const reader = new BlockReader(data, range.to - range.from <= maxSyncBytes)
  // What follows a span may belong to the other stream, so a reader of one stream does not read ahead.
  const readAheadTo = range.stream ? 0 : range.to
  let skipped = 0
  try {
    for (const span of spansOf(paths, records, range, data)) {
      if (range.stream && span.stream !== range.stream) {
        skipped += 1
        if (skipped % skippedPerPause === 0) await pause()
        continue
      }
      const end = span.offset + span.length
      for (let at = span.offset; at < end; ) {
        if (!reader.covers(at) && !(await reader.load(at, Math.max(end, readAheadTo)))) return
        const { stream, wallMs } = span
        const bytes = reader.bytes(at, Math.min(maxBytes, end - at))
        yield { offset: at, stream, wallMs, sinceStartMs: span.sinceStartUs / 1000, data: bytes }
        at += bytes.length
      }
    }
  } finally {
    closeSync(data)
  }
}

/** Holds one block of a file. */
class BlockReader {
  private block = Buffer.alloc(0)
  private blockOffset = 0

  constructor(
    private readonly file: number,
    private readonly isSync: boolean,
  ) {}

  covers(offset: number): boolean {
    return offset >= this.blockOffset && offset < this.blockOffset + this.block.length
  }

  /** Load the block from `offset` on, not beyond `end`. False at the end of the file. */
  async load(offset: number, end: number): Promise<boolean> {
    const block = Buffer.allocUnsafeSlow(Math.min(dataBlockBytes, end - offset))
    const length = this.isSync
      ? readSync(this.file, block, 0, block.length, offset)
      : (await readAsync(this.file, block, 0, block.length, offset)).bytesRead
    this.block = block.subarray(0, length)
    this.blockOffset = offset
    return length > 0
  }

  /** At most `maxBytes` bytes of the block. */
  bytes(offset: number, maxBytes: number): Buffer {
    const start = offset - this.blockOffset
    return this.block.subarray(start, start + maxBytes)
  }
}

/** A range of a journal that came from one stream, without its bytes. */
export type JournalSpan = Pick<IndexRecord, 'offset' | 'length' | 'stream' | 'sinceStartUs'>

/** All spans up to an offset. */
export function* readSpans(
  paths: JournalFiles,
  records: number,
  to: number,
  unlabelled: JournalRange['unlabelled'] = null,
): Generator<JournalSpan> {
  if (to > 0) yield* spansOf(paths, records, { from: 0, to, unlabelled }, null)
}

/** The index records of a range, cut to it. Data that no record covers becomes one stdout span. */
function* spansOf(
  paths: JournalFiles,
  records: number,
  { from, to, unlabelled }: JournalRange,
  data: number | null,
): Generator<IndexRecord> {
  let at = from
  let last: IndexRecord | null = null
  for (const record of records > 0 ? recordsFrom(paths, records, from) : []) {
    if (at >= to) return
    last = record
    const end = Math.min(record.offset + record.length, to)
    if (end <= at) continue
    yield { ...record, offset: at, length: end - at }
    at = end
  }
  if (at >= to) return
  const time = last ?? unlabelled
  yield {
    offset: at,
    length: to - at,
    stream: 'stdout',
    wallMs: time?.wallMs ?? (data === null ? 0 : fstatSync(data).mtimeMs),
    sinceStartUs: time?.sinceStartUs ?? 0,
  }
}

/** The index records from the one that covers an offset, up to the first that is not plausible. */
function* recordsFrom(paths: JournalFiles, records: number, offset: number): Generator<IndexRecord> {
  const index = openIfReadable(paths.index)
  if (index === null) return
  try {
    const block = Buffer.allocUnsafe(recordsPerBlock * indexRecordBytes)
    for (let next = Math.max(0, findIndexRecord(index, records, offset)); next < records; ) {
      const length = Math.min(recordsPerBlock, records - next) * indexRecordBytes
      const count = Math.floor(readSync(index, block, 0, length, next * indexRecordBytes) / indexRecordBytes)
      if (count === 0) return
      for (let i = 0; i < count; i += 1) {
        const record = readIndexRecord(block, i * indexRecordBytes)
        if (!isPlausible(record)) return
        yield record
      }
      next += count
    }
  } finally {
    closeSync(index)
  }
}
