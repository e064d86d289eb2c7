/** The files of a journal on disk, and how to recover a journal from them. */
import { closeSync, fstatSync, readSync } from 'node:fs'
import { log } from '@/lib/log/log'
import type { OutputSize } from '@/lib/process-api/execution'
import { isMissing, type StateFile, StateFileError, type StateFolder } from '../../state/files'
import { type IndexRecord, indexRecordBytes, isPlausible, readIndexRecord } from './index-record'

export interface JournalFiles {
  data: StateFile
  index: StateFile
  /** The line index, which can be built again. */
  lines: StateFile
  /** Maximum length of the data file. */
  maxBytes: number
}

/** Bytes of an index that are read; data labelled by the rest counts as stdout. */
const maxIndexBytes = 2 * 1024 ** 3

/** @param name without extension */
export function journalFiles(folder: StateFolder, name: string, maxBytes: number): JournalFiles {
  return {
    data: folder.file(`${name}.data`),
    index: folder.file(`${name}.index`),
    lines: folder.file(`${name}.lines`),
    maxBytes,
  }
}

/** Length of the data file in bytes; 0 if it is missing or longer than any writer makes it. */
export function dataSize({ data, maxBytes }: JournalFiles): number {
  const size = data.size()
  return size <= maxBytes ? size : 0
}

export function removeJournalFiles(files: JournalFiles): void {
  files.data.remove()
  files.index.remove()
  files.lines.remove()
}

export interface RecoveredJournal {
  sizes: Omit<OutputSize, 'droppedBytes'>
  /** Number of valid index records. */
  records: number
}

/**
 * Read the index of a journal whose writer was killed. Records are valid as long as each starts where the previous one
 * ended and lies within the data. Data after the last valid record was not labelled yet and counts as stdout.
 */
export function recoverJournal(files: JournalFiles): RecoveredJournal {
  const bytes = dataSize(files)
  let end = 0
  let records = 0
  let stderrBytes = 0
  for (const record of indexRecords(files.index)) {
    if (!isPlausible(record) || record.offset !== end || end + record.length > bytes) break
    end += record.length
    records += 1
    if (record.stream === 'stderr') stderrBytes += record.length
  }
  return { sizes: { bytes, stdoutBytes: bytes - stderrBytes, stderrBytes }, records }
}

/** A descriptor for reading; null if the file is missing or must not be read. */
export function openIfReadable(file: StateFile): number | null {
  try {
    return file.openToRead()
  } catch (error) {
    if (isMissing(error)) return null
    if (!(error instanceof StateFileError)) throw error
    log.error({ reason: error.message }, 'a journal could not be read')
    return null
  }
}

/** Number of records in an index, without checking them. */
export function countIndexRecords(index: StateFile): number {
  return Math.floor(Math.min(index.size(), maxIndexBytes) / indexRecordBytes)
}

function* indexRecords(index: StateFile): Generator<IndexRecord> {
  const file = openIfReadable(index)
  if (file === null) return
  try {
    const count = Math.floor(Math.min(fstatSync(file).size, maxIndexBytes) / indexRecordBytes)
    const block = Buffer.allocUnsafe(2048 * indexRecordBytes)
    for (let first = 0; first < count; ) {
      const read = readSync(file, block, 0, block.length, first * indexRecordBytes)
      const count = Math.floor(read / indexRecordBytes)
      if (count === 0) return
      for (let i = 0; i < count; i += 1) yield readIndexRecord(block, i * indexRecordBytes)
      first += count
    }
  } finally {
    closeSync(file)
  }
}
