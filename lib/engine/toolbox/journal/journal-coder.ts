/** Authentication codes of a journal's bytes and index, computed while they are written. */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, readSync } from 'node:fs'
import { setImmediate as pause } from 'node:timers/promises'
import type { UnverifiedReason } from '@/lib/process-api/execution'
import { OutputCoder, outputMatches } from '../../state/output-codes'
import { dataSize, type JournalFiles, openIfReadable } from './files'
import { type IndexRecord, indexRecordBytes, writeIndexRecord } from './index-record'
import type { JournalCodes } from './record-lines'

const scratch = Buffer.alloc(indexRecordBytes)
const recordsPerBlock = 8192

export class JournalCoder {
  private readonly data: OutputCoder
  private index: Hash | null = null
  private records = 0

  constructor(key: Buffer) {
    this.data = new OutputCoder(key)
  }

  add(bytes: Uint8Array): void {
    this.data.add(bytes)
  }

  /** Add an index record that will not change any more. */
  addRecord(record: IndexRecord): void {
    this.index ??= createHash('sha256')
    this.index.update(bytesOf(record))
    this.records += 1
  }

  /** @param open the last record of the index, which may still change; null if there is no index */
  finish(open: IndexRecord | null): JournalCodes {
    const data = this.data.finish()
    if (!open) return { data, index: null, records: 0 }
    const index = (this.index?.copy() ?? createHash('sha256')).update(bytesOf(open))
    return { data, index: index.digest('base64url'), records: this.records + 1 }
  }
}

/**
 * Compare a journal with its codes. Null if it is unchanged.
 * @param codes null if its writer did not finish
 */
export async function verifyJournal(
  key: Buffer,
  files: JournalFiles,
  codes: JournalCodes | null,
): Promise<UnverifiedReason | null> {
  if (!codes) return 'unsealed'
  const covered = codes.data.at(-1)?.to ?? 0
  const size = dataSize(files)
  if (size < covered || !(await dataMatches(key, files, codes))) return 'output'
  // A killed writer leaves bytes that no code covers, and so does anyone who appends some.
  if (size > covered) return 'unsealed'
  return (await indexMatches(files, codes)) ? null : 'output'
}

async function dataMatches(key: Buffer, files: JournalFiles, { data }: JournalCodes): Promise<boolean> {
  if (data.length === 0) return true
  const file = openIfReadable(files.data)
  if (file === null) return false
  try {
    return await outputMatches(key, file, data)
  } finally {
    closeSync(file)
  }
}

async function indexMatches(files: JournalFiles, { index, records }: JournalCodes): Promise<boolean> {
  if (records === 0) return index === null
  const file = openIfReadable(files.index)
  if (file === null) return false
  try {
    const hash = createHash('sha256')
    const end = records * indexRecordBytes
    const block = Buffer.allocUnsafe(Math.min(recordsPerBlock, records) * indexRecordBytes)
    for (let at = 0; at < end; ) {
      const got = readSync(file, block, 0, Math.min(block.length, end - at), at)
      if (got === 0) return false
      hash.update(block.subarray(0, got))
      at += got
      if (at < end) await pause()
    }
    return hash.digest('base64url') === index
  } finally {
    closeSync(file)
  }
}

function bytesOf(record: IndexRecord): Buffer {
  writeIndexRecord(scratch, 0, record)
  return scratch
}
