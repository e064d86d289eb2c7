/** The two files of a journal on disk, and what can be learnt from them alone. */
import { closeSync, fstatSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import type { OutputSize } from '@/lib/process-api/execution'
import { type IndexRecord, indexRecordBytes, readIndexRecord } from './index-record'

export interface JournalPaths {
  data: string
  index: string
}

/** @param base path without extension */
export function journalPaths(base: string): JournalPaths {
  return { data: `${base}.data`, index: `${base}.index` }
}

export function removeJournalFiles(paths: JournalPaths): void {
  rmSync(paths.data, { force: true })
  rmSync(paths.index, { force: true })
}

/** Bytes of the data file; 0 where there is none. */
export function dataFileSize(paths: JournalPaths): number {
  return statSync(paths.data, { throwIfNoEntry: false })?.size ?? 0
}

export interface FoundJournal {
  sizes: Omit<OutputSize, 'droppedBytes'>
  /** Number of index records that can be trusted. */
  records: number
}

/**
 * Read the index of a journal whose writer died. Records are trusted as long as each begins where the one before
 * ended and lies within the data; data beyond the last of them was written but not yet labelled and counts as stdout.
 */
export function examineJournal(paths: JournalPaths): FoundJournal {
  const bytes = dataFileSize(paths)
  let end = 0
  let records = 0
  let stderrBytes = 0
  for (const record of indexRecords(paths.index)) {
    if (record.offset !== end || record.length === 0 || end + record.length > bytes) break
    end += record.length
    records += 1
    if (record.stream === 'stderr') stderrBytes += record.length
  }
  return { sizes: { bytes, stdoutBytes: bytes - stderrBytes, stderrBytes }, records }
}

function* indexRecords(indexPath: string): Generator<IndexRecord> {
  if (!statSync(indexPath, { throwIfNoEntry: false })) return
  const file = openSync(indexPath, 'r')
  try {
    const count = Math.floor(fstatSync(file).size / indexRecordBytes)
    const block = Buffer.allocUnsafe(2048 * indexRecordBytes)
    for (let first = 0; first < count; ) {
      const read = readSync(file, block, 0, block.length, first * indexRecordBytes)
      const got = Math.floor(read / indexRecordBytes)
      if (got === 0) return
      for (let i = 0; i < got; i += 1) yield readIndexRecord(block, i * indexRecordBytes)
      first += got
    }
  } finally {
    closeSync(file)
  }
}
