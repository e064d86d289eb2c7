/** Reading a range of a journal from its files, a bounded piece at a time. */
import { closeSync, fstatSync, read, readSync } from 'node:fs'
import { setImmediate as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { JournalStream } from '@/lib/process-api/extensions'
import { type JournalFiles, openIfReadable } from './files'
import { findIndexRecord, type IndexRecord, indexRecordBytes, isPossible, readIndexRecord } from './index-record'
import { type JournalSegment, maxSegmentBytes } from './segment'

const dataBlock = 256 * 1024
const recordBlock = 1024
/** Pieces of the other stream, of which there may be millions, between two pauses. */
const skippedAtOnce = 16_384
/** A short range is in the page cache nearly always, and reading it at once spares a millisecond of waiting. */
const atOnce = 128 * 1024

const readLater = promisify(read)

export interface JournalRange {
  from: number
  to: number
  stream?: JournalStream | undefined
  maxSegment?: number | undefined
  /** When the data came that no record covers, where that is known. */
  unlabelled?: { sinceStartUs: number; wallMs: number } | null
}

/**
 * @param openData the data file; null where there is none
 * @param records number of valid records in the index; data that none of them covers reads as stdout
 */
export async function* readRange(
  paths: JournalFiles,
  openData: () => number | null,
  records: number,
  range: JournalRange,
): AsyncGenerator<JournalSegment> {
  if (range.from >= range.to) return
  const data = openData()
  if (data === null) return
  const longest = Math.min(range.maxSegment ?? maxSegmentBytes, maxSegmentBytes)
  const isShort = range.to - range.from <= atOnce
  let block = Buffer.alloc(0)
  let blockAt = 0
  let skipped = 0
  try {
    for (const piece of piecesOf(paths, records, range, data)) {
      if (range.stream && piece.stream !== range.stream) {
        skipped += 1
        if (skipped % skippedAtOnce === 0) await pause()
        continue
      }
      const end = piece.offset + piece.length
      for (let at = piece.offset; at < end; ) {
        if (at < blockAt || at >= blockAt + block.length) {
          const wanted = Buffer.allocUnsafeSlow(Math.min(dataBlock, (range.stream ? end : range.to) - at))
          const got = isShort
            ? readSync(data, wanted, 0, wanted.length, at)
            : (await readLater(data, wanted, 0, wanted.length, at)).bytesRead
          if (got === 0) return
          block = wanted.subarray(0, got)
          blockAt = at
        }
        const start = at - blockAt
        const chunk = block.subarray(start, Math.min(start + longest, start + end - at))
        yield {
          offset: at,
          stream: piece.stream,
          wallMs: piece.wallMs,
          sinceStartMs: piece.sinceStartUs / 1000,
          data: chunk,
        }
        at += chunk.length
      }
    }
  } finally {
    closeSync(data)
  }
}

/** A piece of a journal without its bytes. */
export type JournalChunk = Pick<IndexRecord, 'offset' | 'length' | 'stream'>

/** All pieces up to an offset. */
export function* indexPieces(paths: JournalFiles, records: number, to: number): Generator<JournalChunk> {
  if (to > 0) yield* piecesOf(paths, records, { from: 0, to, unlabelled: { sinceStartUs: 0, wallMs: 0 } }, null)
}

/** The index records of a range, cut to it; what no record covers comes as one stdout piece. */
function* piecesOf(paths: JournalFiles, records: number, { from, to, unlabelled }: JournalRange, data: number | null) {
  let at = from
  let last: IndexRecord | null = null
  const index = records > 0 ? openIfReadable(paths.index) : null
  if (index !== null) {
    try {
      let next = Math.max(0, findIndexRecord(index, records, from))
      const block = Buffer.allocUnsafe(recordBlock * indexRecordBytes)
      while (at < to && next < records) {
        const wanted = Math.min(recordBlock, records - next) * indexRecordBytes
        const got = Math.floor(readSync(index, block, 0, wanted, next * indexRecordBytes) / indexRecordBytes)
        if (got === 0) break
        for (let i = 0; i < got && at < to; i += 1) {
          const record = readIndexRecord(block, i * indexRecordBytes)
          if (!isPossible(record)) {
            next = records
            break
          }
          last = record
          const end = Math.min(last.offset + last.length, to)
          if (end <= at) continue
          yield { ...last, offset: at, length: end - at }
          at = end
        }
        next += got
      }
    } finally {
      closeSync(index)
    }
  }
  if (at < to) {
    const piece: IndexRecord = {
      offset: at,
      length: to - at,
      stream: 'stdout',
      wallMs: (last ?? unlabelled)?.wallMs ?? (data === null ? 0 : fstatSync(data).mtimeMs),
      sinceStartUs: (last ?? unlabelled)?.sinceStartUs ?? 0,
    }
    yield piece
  }
}
