/**
 * The index file of a journal: one 32-byte little-endian record for each chunk of output.
 *
 *   0  f64  offset of the chunk in the data file
 *   8  u32  length
 *   12 u8   stream (1 stdout, 2 stderr), 3 bytes unused
 *   16 f64  monotonic µs since the execution started
 *   24 f64  wall time, ms since epoch
 */
import { readSync } from 'node:fs'
import type { JournalStream } from '@/lib/process-api/extensions'

export const indexRecordBytes = 32

export interface IndexRecord {
  offset: number
  length: number
  stream: JournalStream
  sinceStartUs: number
  wallMs: number
}

/** Write a record into `bytes` at `at`. */
export function writeIndexRecord(bytes: Buffer, at: number, record: IndexRecord): void {
  bytes.writeDoubleLE(record.offset, at)
  bytes.writeUInt32LE(record.length, at + 8)
  bytes.writeUInt32LE(record.stream === 'stdout' ? 1 : 2, at + 12)
  bytes.writeDoubleLE(record.sinceStartUs, at + 16)
  bytes.writeDoubleLE(record.wallMs, at + 24)
}

export function readIndexRecord(bytes: Buffer, at: number): IndexRecord {
  return {
    offset: bytes.readDoubleLE(at),
    length: bytes.readUInt32LE(at + 8),
    stream: bytes.readUInt8(at + 12) === 2 ? 'stderr' : 'stdout',
    sinceStartUs: bytes.readDoubleLE(at + 16),
    wallMs: bytes.readDoubleLE(at + 24),
  }
}

/** The latest time that a `Date` can represent. */
const maxDateMs = 8.64e15

/** False for a record that no writer produces: the file was changed, and the rest of it cannot be used. */
export function isPlausible({ offset, length, sinceStartUs, wallMs }: IndexRecord): boolean {
  return (
    Number.isSafeInteger(offset) &&
    offset >= 0 &&
    length > 0 &&
    Number.isFinite(sinceStartUs) &&
    sinceStartUs >= 0 &&
    wallMs >= 0 &&
    wallMs <= maxDateMs
  )
}

/** Number of the last record that starts at or before `offset`, or -1 if there is none. */
export function findIndexRecord(indexFile: number, count: number, offset: number): number {
  return countRecordsWhere(indexFile, count, 0, (begin) => begin <= offset) - 1
}

/** Number of records before the first one that arrived at or after a time, in ms since epoch. */
export function countRecordsBefore(indexFile: number, count: number, wallMs: number): number {
  return countRecordsWhere(indexFile, count, 24, (arrived) => arrived < wallMs)
}

/**
 * Number of records at the start of an index whose field meets a condition. A binary search of about 20 small reads for a
 * million records, so that no index has to be in memory.
 * @param at position of the field in a record
 */
function countRecordsWhere(indexFile: number, count: number, at: number, meets: (field: number) => boolean): number {
  const field = Buffer.allocUnsafe(8)
  let low = 0
  let high = count
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const read = readSync(indexFile, field, 0, 8, middle * indexRecordBytes + at)
    if (read === 8 && meets(field.readDoubleLE(0))) low = middle + 1
    else high = middle
  }
  return low
}

/** The record with a number; null at the end of the file. */
export function readIndexRecordAt(indexFile: number, number: number): IndexRecord | null {
  const bytes = Buffer.allocUnsafe(indexRecordBytes)
  const read = readSync(indexFile, bytes, 0, indexRecordBytes, number * indexRecordBytes)
  return read === indexRecordBytes ? readIndexRecord(bytes, 0) : null
}
