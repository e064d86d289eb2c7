/** The two files of a journal on disk, and what can be learnt from them alone. */
import { closeSync, fstatSync, readSync } from 'node:fs'
import type { OutputSize } from '@/lib/process-api/execution'
import { isMissing, type StateFile, StateFileError, type StateFolder } from '../../state/files'
import { type IndexRecord, indexRecordBytes, isPossible, readIndexRecord } from './index-record'

export interface JournalFiles {
  data: StateFile
  index: StateFile
  /** Longest data file that a writer makes. */
  maxBytes: number
}

/** An index is read so far; what the rest would label counts as stdout. */
const longestIndex = 2 * 1024 ** 3

/** @param name without extension */
export function journalFiles(folder: StateFolder, name: string, maxBytes: number): JournalFiles {
  return { data: folder.file(`${name}.data`), index: folder.file(`${name}.index`), maxBytes }
}

/** Bytes of the data file; 0 where there is none, or one that no writer made. */
export function dataSize({ data, maxBytes }: JournalFiles): number {
  const size = data.size()
  return size <= maxBytes ? size : 0
}

export function removeJournalFiles(files: JournalFiles): void {
  files.data.remove()
  files.index.remove()
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
export function examineJournal(files: JournalFiles): FoundJournal {
  const bytes = dataSize(files)
  let end = 0
  let records = 0
  let stderrBytes = 0
  for (const record of indexRecords(files.index)) {
    if (!isPossible(record) || record.offset !== end || end + record.length > bytes) break
    end += record.length
    records += 1
    if (record.stream === 'stderr') stderrBytes += record.length
  }
  return { sizes: { bytes, stdoutBytes: bytes - stderrBytes, stderrBytes }, records }
}

/** Null where there is no such file, or nothing that may be read. */
export function openIfReadable(file: StateFile): number | null {
  try {
    return file.openToRead()
  } catch (error) {
    if (isMissing(error)) return null
    if (!(error instanceof StateFileError)) throw error
    console.error('a journal could not be read:', error.message)
    return null
  }
}

/** How many records an index has, whole or not. */
export function countIndexRecords(index: StateFile): number {
  return Math.floor(Math.min(index.size(), longestIndex) / indexRecordBytes)
}

function* indexRecords(index: StateFile): Generator<IndexRecord> {
  const file = openIfReadable(index)
  if (file === null) return
  try {
    const count = Math.floor(Math.min(fstatSync(file).size, longestIndex) / indexRecordBytes)
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
