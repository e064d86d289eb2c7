/**
 * The recorded output of one execution: the bytes of both streams in order of arrival (`<id>.data`) and an index with the
 * stream and time of each chunk (`<id>.index`). A line index (`<id>.lines`) is derived from both. Writes go to the page cache immediately, data before index, so that
 * nothing is lost when the toolbox is killed. Memory does not grow with the journal.
 */
import { closeSync, writeSync } from 'node:fs'
import { ApiError } from '@/lib/process-api/errors'
import type { OutputSize, UnverifiedReason } from '@/lib/process-api/execution'
import type { JournalStream } from '@/lib/process-api/extensions'
import { isMissing, StateFileError } from '../../state/files'
import { withReserve } from '../../state/reserve-file'
import type { DiskSpace } from './disk-space'
import {
  countIndexRecords,
  dataSize,
  type JournalFiles,
  openIfReadable,
  recoverJournal,
  removeJournalFiles,
} from './files'
import { Follower } from './follower'
import {
  countRecordsBefore,
  findIndexRecord,
  type IndexRecord,
  indexRecordBytes,
  readIndexRecordAt,
  writeIndexRecord,
} from './index-record'
import { type JournalChunk, maxChunkBytes } from './journal-chunk'
import { JournalCoder, verifyJournal } from './journal-coder'
import { type LineMarks, LineMarkWriter, loadLineMarks } from './line-marks'
import { type JournalSpan, readRange, readSpans } from './reader'
import type { JournalCodes } from './record-lines'

/** Output of one stream that arrives within this time is joined into one record. */
const joinWithinUs = 1000
const maxJoinedBytes = 1024 * 1024
/** The first bytes of a journal are recorded even on a nearly full disk, using the space reserved for records. */
const guaranteedBytes = 64 * 1024

export interface JournalReadOptions {
  /** First byte; 0 by default. */
  from?: number | undefined
  /** End of the range; by default the current size of the journal. */
  to?: number | undefined
  stream?: JournalStream | undefined
  /** Maximum bytes in a chunk, at most 64 KiB. */
  maxChunk?: number | undefined
}

export interface JournalFollowOptions {
  from: number
  stream?: JournalStream | undefined
  signal: AbortSignal
  /** Following ends when this has resolved and every byte was delivered. */
  until: Promise<void>
}

export interface JournalLimits {
  /** Maximum journal in bytes. */
  maxBytes: number
  space: DiskSpace
}

/** What the records say about a journal. */
export interface KnownJournal {
  sizes: OutputSize | null
  onlyChunk?: ChunkTime | undefined
  /** Null if its writer did not finish. */
  codes?: JournalCodes | null | undefined
}

/** When a chunk arrived. */
export interface ChunkTime {
  sinceStartUs: number
  wallMs: number
}

const scratchRecord = Buffer.alloc(indexRecordBytes)

export class Journal {
  private dataFile: number | null = null
  private indexFile: number | null = null
  private last: IndexRecord | null = null
  /** Records in the index file; null if not counted yet. */
  private records: number | null = 0
  /** When the chunk without a record arrived: the only chunk of a journal without an index. */
  private unlabelled: ChunkTime | null = null
  private bytes = 0
  private stderrBytes = 0
  private dropped = 0
  private startedAt = performance.now()
  private followers: Set<Follower> | null = null
  private closed = false
  private hasExactStreamSizes = true
  /** Only while the journal is written, and only with a key. */
  private readonly coder: JournalCoder | null
  /** Codes of a journal that is complete. */
  private notedCodes: JournalCodes | null = null
  private readonly lineWriter: LineMarkWriter | null
  /** The line index of a journal that is complete, as long as something uses it. */
  private knownLineMarks: WeakRef<LineMarks> | null = null
  private resolveSealed: () => void = () => {}
  /** Resolves when no writer is left. */
  readonly sealed: Promise<void>
  /** Called after each append. */
  onGrowth: () => void = () => {}
  /** Why bytes were dropped, as one plain sentence; null if none were. */
  dropReason: string | null = null
  /** The first disk failure that kept output from being recorded. Reaching the journal's limit is not a failure. */
  failure: string | null = null

  private constructor(
    readonly id: string,
    private readonly paths: JournalFiles,
    private readonly limits: JournalLimits | null,
  ) {
    this.coder = limits && this.key ? new JournalCoder(this.key) : null
    this.lineWriter = limits && new LineMarkWriter(paths.lines)
    this.sealed = new Promise((resolve) => {
      this.resolveSealed = resolve
    })
  }

  /** A new, empty journal. Its files are created when the first byte arrives. */
  static create(id: string, files: JournalFiles, limits: JournalLimits): Journal {
    return new Journal(id, files, limits)
  }

  /**
   * Open a journal for reading. If the recorded sizes do not match the files, because the writer was killed or a
   * surviving process wrote more, the whole index is read.
   */
  static open(id: string, files: JournalFiles, { sizes: known, onlyChunk, codes }: KnownJournal): Journal {
    const journal = new Journal(id, files, null)
    journal.notedCodes = codes ?? null
    if (known && dataSize(files) === known.bytes && known.stderrBytes <= known.bytes) {
      journal.bytes = known.bytes
      journal.stderrBytes = known.stderrBytes
      journal.records = null
      journal.hasExactStreamSizes = false
      journal.unlabelled = onlyChunk ?? null
    } else {
      const found = recoverJournal(journal.paths)
      journal.bytes = found.sizes.bytes
      journal.stderrBytes = found.sizes.stderrBytes
      journal.records = found.records
    }
    journal.dropped = known?.droppedBytes ?? 0
    journal.closed = true
    journal.resolveSealed()
    return journal
  }

  get size(): number {
    return this.bytes
  }

  get isSealed(): boolean {
    return this.closed
  }

  sizes(): OutputSize {
    return {
      bytes: this.bytes,
      stdoutBytes: this.bytes - this.stderrBytes,
      stderrBytes: this.stderrBytes,
      droppedBytes: this.dropped,
    }
  }

  /** False if the sizes of the streams come from a record and were not counted. */
  get hasCountedStreams(): boolean {
    return this.hasExactStreamSizes
  }

  /** When the only chunk arrived; null with more chunks. Such a journal has no index, so its owner stores the time. */
  get onlyChunk(): ChunkTime | null {
    return this.unlabelled
  }

  /** Start the clock for the times of later chunks. */
  begin(): void {
    this.startedAt = performance.now()
  }

  /**
   * Record output. Never throws: bytes that the limit or the disk keeps out are counted in `droppedBytes`.
   * The caller may reuse the buffer after the call.
   */
  append(stream: JournalStream, bytes: Uint8Array): void {
    const offset = this.bytes
    const written = this.closed ? 0 : this.store(stream, bytes)
    this.dropped += bytes.length - written
    if (written > 0) {
      this.bytes += written
      if (stream === 'stderr') this.stderrBytes += written
      if (this.followers) this.notifyFollowers(offset, stream, bytes.subarray(0, written))
    }
    this.onGrowth()
  }

  /** No more output will come: close the files and let followers finish. */
  seal(): void {
    if (this.closed) return
    this.notedCodes = this.codes()
    this.closed = true
    this.lineWriter?.close()
    if (this.dataFile !== null) closeSync(this.dataFile)
    if (this.indexFile !== null) closeSync(this.indexFile)
    this.dataFile = null
    this.indexFile = null
    this.last = null
    this.resolveSealed()
  }

  /** Seal the journal and delete its files. Active readers finish with their open files. */
  remove(): void {
    const isWritten = this.bytes > 0 || this.dataFile !== null
    this.seal()
    if (isWritten) removeJournalFiles(this.paths)
    this.bytes = 0
    this.stderrBytes = 0
    this.records = 0
  }

  /** Read a range as it is now, in chunks of one stream each. */
  read(options: JournalReadOptions = {}): AsyncGenerator<JournalChunk> {
    return readRange(this.paths, () => this.openData(), this.unlabelled ? 0 : this.countRecords(), {
      from: Math.max(0, options.from ?? 0),
      to: Math.min(options.to ?? this.bytes, this.bytes),
      stream: options.stream,
      maxChunk: options.maxChunk,
      unlabelled: this.unlabelled,
    })
  }

  /** Length, stream and time of each recorded span up to an offset, without the bytes. */
  spans(to: number): Generator<JournalSpan> {
    return readSpans(this.paths, this.unlabelled ? 0 : this.countRecords(), to, this.unlabelled)
  }

  /** The line index of the first `size` bytes. What is missing of it is computed, which takes about a second for 1 GB. */
  async lineMarks(size: number): Promise<LineMarks> {
    const known = this.closed ? this.knownLineMarks?.deref() : undefined
    if (known?.covers(size)) return known
    const mayRepair = this.closed && !this.paths.lines.folder.readOnly
    const marks = await loadLineMarks(this.paths.lines, size, (from, to) => this.read({ from, to }), mayRepair)
    this.knownLineMarks = new WeakRef(marks)
    return marks
  }

  /** Offset of the first output at or after a time, in ms since epoch; `size` if there is none before that. */
  offsetAtTime(wallMs: number, size: number): number {
    if (this.unlabelled) return this.unlabelled.wallMs >= wallMs ? 0 : size
    return this.withIndex(size, (file, count) => {
      const number = countRecordsBefore(file, count, wallMs)
      const record = number < count ? readIndexRecordAt(file, number) : null
      return Math.min(record?.offset ?? size, size)
    })
  }

  /** When the byte at an offset arrived, ms since epoch; null if that is not recorded. */
  timeAt(offset: number): number | null {
    if (this.unlabelled) return this.unlabelled.wallMs
    return this.withIndex<number | null>(null, (file, count) => {
      const number = findIndexRecord(file, count, offset)
      return number < 0 ? null : (readIndexRecordAt(file, number)?.wallMs ?? null)
    })
  }

  /** Descriptors for a thread that scans the journal, to be closed by the caller; the data file is -1 while there is none. */
  openForScan(): { dataFile: number; indexFile: number | null; records: number } {
    const dataFile = this.openData() ?? -1
    const records = this.unlabelled ? 0 : this.countRecords()
    return { dataFile, indexFile: records === 0 ? null : openIfReadable(this.paths.index), records }
  }

  private withIndex<Result>(none: Result, use: (file: number, count: number) => Result): Result {
    const count = this.countRecords()
    const file = count === 0 ? null : openIfReadable(this.paths.index)
    if (file === null) return none
    try {
      return use(file, count)
    } finally {
      closeSync(file)
    }
  }

  /** A descriptor of the raw bytes, to be closed by the caller; null while there are none. */
  openData(): number | null {
    if (this.bytes === 0) return null
    try {
      return this.paths.data.openToRead()
    } catch (error) {
      if (!isMissing(error) && !(error instanceof StateFileError)) throw error
      throw new ApiError('GONE', 'the recorded output can no longer be read', {}, { cause: error })
    }
  }

  /** Codes for everything written so far; null without a key, or if another toolbox wrote the journal and did not finish. */
  codes(): JournalCodes | null {
    if (this.closed || !this.coder) return this.notedCodes
    return this.coder.finish(this.indexFile === null ? null : this.last)
  }

  /** Compare the files with their codes. Null if they are unchanged. */
  async verify(): Promise<UnverifiedReason | null> {
    return this.key ? await verifyJournal(this.key, this.paths, this.codes()) : 'unsigned'
  }

  /** Existing output from an offset on, then new output, until `until` has resolved and everything was delivered. */
  async *follow(options: JournalFollowOptions): AsyncGenerator<JournalChunk> {
    const { signal, stream } = options
    const follower = new Follower()
    let position = Math.min(options.from, this.bytes)
    let isDone = false
    void options.until.then(() => {
      isDone = true
      follower.notify()
    })
    const release = this.addFollower(follower, signal)
    try {
      while (!signal.aborted) {
        const chunk = follower.next()
        if (chunk) {
          position = chunk.offset + chunk.data.length
          if (!stream || chunk.stream === stream) yield chunk
        } else if (position < this.bytes) {
          const to = this.bytes
          yield* untilAborted(this.read({ from: position, to, stream }), signal)
          position = to
        } else {
          follower.attach(position)
          if (isDone) return
          await follower.waitForChange()
        }
      }
    } finally {
      release()
    }
  }

  /** Returns a function that removes the follower. */
  private addFollower(follower: Follower, signal: AbortSignal): () => void {
    const notify = () => follower.notify()
    signal.addEventListener('abort', notify)
    this.followers ??= new Set()
    this.followers.add(follower)
    return () => {
      signal.removeEventListener('abort', notify)
      this.followers?.delete(follower)
      if (this.followers?.size === 0) this.followers = null
    }
  }

  private get key(): Buffer | null {
    return this.paths.data.folder.codes?.outputKey ?? null
  }

  private countRecords(): number {
    this.records ??= countIndexRecords(this.paths.index)
    return this.records
  }

  /** Write to the files. Returns how many bytes were recorded. */
  private store(stream: JournalStream, bytes: Uint8Array): number {
    if (!this.limits) return 0
    const space = Math.min(bytes.length, this.limits.maxBytes - this.bytes)
    if (space < bytes.length) {
      this.dropReason ??= `the journal has reached its limit of ${this.limits.maxBytes} bytes; later output is not recorded`
    }
    if (space === 0) return 0
    const isShort = this.bytes + space <= guaranteedBytes
    if (!isShort && !this.limits.space.allows(space)) {
      this.fail('the disk is nearly full', 'the disk is nearly full; some output is not recorded')
      return 0
    }
    const write = isShort ? withReserve : (work: () => number) => work()
    let written = 0
    try {
      const file = this.dataFile ?? write(() => this.paths.data.create())
      this.dataFile = file
      while (written < space) {
        written += write(() => writeSync(file, bytes, written, space - written, this.bytes + written))
      }
    } catch (error) {
      this.fail(diskFailure(error))
    }
    if (written > 0 && !this.label(stream, written)) return 0
    const recorded = bytes.subarray(0, written)
    this.coder?.add(recorded)
    this.lineWriter?.add(stream, recorded, this.last?.wallMs ?? Date.now())
    return written
  }

  /**
   * Extend the last index record, or add one. Returns false if that failed: the chunk then does not count as recorded.
   * The first stdout chunk needs no record, because unlabelled data is stdout anyway. Most commands print only once, so
   * their index file is never created.
   */
  private label(stream: JournalStream, length: number): boolean {
    const sinceStartUs = Math.max(0, (performance.now() - this.startedAt) * 1000)
    const last = this.last
    const isExtension = last !== null && canExtend(last, stream, length, sinceStartUs)
    const record: IndexRecord = isExtension
      ? { ...last, length: last.length + length }
      : { offset: this.bytes, length, stream, sinceStartUs, wallMs: Date.now() }
    const count = this.records ?? 0
    const number = isExtension ? count - 1 : count
    if (this.indexFile === null && stream === 'stdout' && (isExtension || last === null)) {
      this.unlabelled = { sinceStartUs: record.sinceStartUs, wallMs: record.wallMs }
    } else if (!this.writeIndex(number, record)) {
      return false
    }
    if (last !== null && !isExtension) this.coder?.addRecord(last)
    this.last = record
    this.records = number + 1
    return true
  }

  /** Write a record, creating the index with the unlabelled chunk in it if necessary. False if that failed. */
  private writeIndex(number: number, record: IndexRecord): boolean {
    try {
      const file = this.indexFile ?? withReserve(() => this.paths.index.create())
      this.indexFile = file
      if (this.unlabelled && this.last) writeRecord(file, 0, this.last)
      writeRecord(file, number, record)
      this.unlabelled = null
      return true
    } catch (error) {
      this.fail(diskFailure(error))
      return false
    }
  }

  private fail(failure: string, dropReason = `output could not be recorded (${failure})`): void {
    this.dropReason ??= dropReason
    this.failure ??= failure
  }

  /** Give new output to the followers that keep up. They share one copy. */
  private notifyFollowers(offset: number, stream: JournalStream, bytes: Uint8Array): void {
    const followers = [...(this.followers ?? [])]
    const wanted = followers.some((follower) => follower.accepts(offset, bytes.length))
    const chunks = wanted ? this.splitIntoChunks(offset, stream, Buffer.from(bytes)) : null
    for (const follower of followers) follower.offer(offset, bytes.length, chunks)
  }

  private splitIntoChunks(offset: number, stream: JournalStream, bytes: Uint8Array): JournalChunk[] {
    const wallMs = this.last?.wallMs ?? Date.now()
    const sinceStartMs = (this.last?.sinceStartUs ?? 0) / 1000
    const chunks: JournalChunk[] = []
    for (let at = 0; at < bytes.length; at += maxChunkBytes) {
      const data = bytes.subarray(at, at + maxChunkBytes)
      chunks.push({ offset: offset + at, stream, wallMs, sinceStartMs, data })
    }
    return chunks
  }
}

async function* untilAborted(chunks: AsyncIterable<JournalChunk>, signal: AbortSignal): AsyncGenerator<JournalChunk> {
  for await (const chunk of chunks) {
    yield chunk
    if (signal.aborted) return
  }
}

/** True if new output can be added to the last record. */
function canExtend(last: IndexRecord, stream: JournalStream, length: number, sinceStartUs: number): boolean {
  return (
    last.stream === stream && sinceStartUs - last.sinceStartUs < joinWithinUs && last.length + length <= maxJoinedBytes
  )
}

function writeRecord(indexFile: number, number: number, record: IndexRecord): void {
  writeIndexRecord(scratchRecord, 0, record)
  const wrote = withReserve(() => writeSync(indexFile, scratchRecord, 0, indexRecordBytes, number * indexRecordBytes))
  if (wrote !== indexRecordBytes) throw new Error('short write')
}

/** Why a write failed, in words: `the disk is full`. */
export function diskFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full'
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return 'the disk is read-only'
  if (code === 'EFBIG') return 'the file would exceed its maximum length'
  if (code === 'EIO') return 'the disk reports an error'
  return code
}
