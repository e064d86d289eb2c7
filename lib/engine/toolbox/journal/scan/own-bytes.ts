/** Reads the bytes of a journal, or of one of its streams, in order and synchronously: for a thread of its own. */
import { readSync } from 'node:fs'
import { findIndexRecord, indexRecordBytes, isPlausible, readIndexRecord } from '../index-record'
import type { ScanSource } from './messages'

const recordsPerBlock = 1024

export class OwnBytes {
  private at: number
  /** End of the span of the stream in which `at` lies. */
  private spanEnd: number
  private nextRecord = 0
  private block = Buffer.alloc(0)
  private blockFirst = 0

  constructor(private readonly source: ScanSource) {
    this.at = source.journalFrom
    this.spanEnd = source.stream ? this.at : source.journalTo
    if (source.stream && source.indexFile !== null) {
      this.nextRecord = Math.max(0, findIndexRecord(source.indexFile, source.records, this.at))
    }
  }

  /** Fill `into` from `start` on. Returns the number of bytes; 0 at the end. */
  read(into: Buffer, start: number): number {
    let at = start
    while (at < into.length) {
      if (this.at >= this.spanEnd && !this.nextSpan()) break
      const length = Math.min(into.length - at, this.spanEnd - this.at)
      const got = readSync(this.source.dataFile, into, at, length, this.at)
      if (got === 0) break
      at += got
      this.at += got
    }
    return at - start
  }

  /** Go to the next span of the stream. False if there is none. */
  private nextSpan(): boolean {
    const { stream, journalTo } = this.source
    if (stream === null) return false
    for (let record = this.record(); record; record = this.record()) {
      const end = record.offset + record.length
      if (record.offset >= journalTo) return false
      if (end <= this.at) continue
      this.at = Math.max(this.at, record.offset)
      if (record.stream === stream) {
        this.spanEnd = Math.min(end, journalTo)
        return true
      }
      this.at = end
    }
    // Bytes that no record covers are stdout's.
    if (stream === 'stderr' || this.at >= journalTo) return false
    this.spanEnd = journalTo
    return true
  }

  private record() {
    const { indexFile, records } = this.source
    if (indexFile === null || this.nextRecord >= records) return null
    if (
      this.nextRecord >= this.blockFirst + this.block.length / indexRecordBytes ||
      this.nextRecord < this.blockFirst
    ) {
      const length = Math.min(recordsPerBlock, records - this.nextRecord) * indexRecordBytes
      const block = Buffer.allocUnsafe(length)
      const got = readSync(indexFile, block, 0, length, this.nextRecord * indexRecordBytes)
      this.block = block.subarray(0, got - (got % indexRecordBytes))
      this.blockFirst = this.nextRecord
      if (this.block.length === 0) return null
    }
    const record = readIndexRecord(this.block, (this.nextRecord - this.blockFirst) * indexRecordBytes)
    if (!isPlausible(record)) return null
    this.nextRecord += 1
    return record
  }
}
