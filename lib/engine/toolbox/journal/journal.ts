/**
 * The recorded output of one execution: payload bytes of both streams in arrival order (`<id>.data`) and an index of
 * what came when and from which stream (`<id>.index`). Writes go to the page cache at once, data before index, so that
 * nothing is lost when the toolbox is killed. Memory does not grow with the journal.
 */
import { closeSync, writeSync } from 'node:fs'
import { ApiError } from '@/lib/process-api/errors'
import type { OutputSize, UnverifiedReason } from '@/lib/process-api/execution'
import type { JournalStream } from '@/lib/process-api/extensions'
import { isMissing, StateFileError } from '../../state/files'
import { withReserve } from '../../state/reserve-file'
import type { DiskRoom } from './disk-room'
import { countIndexRecords, dataSize, examineJournal, type JournalFiles, removeJournalFiles } from './files'
import { Follower } from './follower'
import { type IndexRecord, indexRecordBytes, writeIndexRecord } from './index-record'
import { JournalCoder, verifyJournal } from './journal-coder'
import { indexPieces, type JournalChunk, readRange } from './reader'
import type { JournalCodes } from './record-lines'
import { type JournalSegment, maxSegmentBytes } from './segment'

/** Output of one stream that arrives within this time is one record. */
const joinWithinUs = 1000
const joinUpTo = 1024 * 1024
/** The beginning of a journal is recorded as long as there is any room, even that which is kept for records. */
const always = 64 * 1024

export interface JournalReadOptions {
  /** First byte wanted; 0 where left out. */
  from?: number | undefined
  /** End of the range; the journal's size at the call where left out. */
  to?: number | undefined
  stream?: JournalStream | undefined
  /** At most 64 KiB. */
  maxSegment?: number | undefined
}

export interface JournalFollowOptions {
  from: number
  stream?: JournalStream | undefined
  signal: AbortSignal
  /** When it resolves and every byte was given, the following ends. */
  until: Promise<void>
}

export interface JournalLimits {
  /** Longest journal in bytes. */
  maxBytes: number
  room: DiskRoom
}

/** What was noted of a journal when it was written. */
export interface KnownJournal {
  sizes: OutputSize | null
  onlyPiece?: PieceTime | undefined
  /** Null where its writer did not finish. */
  codes?: JournalCodes | null | undefined
}

/** When a piece of output came. */
export interface PieceTime {
  sinceStartUs: number
  wallMs: number
}

const scratchRecord = Buffer.alloc(indexRecordBytes)

export class Journal {
  private dataFile: number | null = null
  private indexFile: number | null = null
  private last: IndexRecord | null = null
  /** Records in the index file; null where they were not counted yet. */
  private records: number | null = 0
  /** When a piece came that no record covers: the only piece of a journal without an index. */
  private unlabelled: PieceTime | null = null
  private bytes = 0
  private stderrBytes = 0
  private dropped = 0
  private began = performance.now()
  private followers: Set<Follower> | null = null
  private closed = false
  private areStreamsCounted = true
  /** While it is written, where there is a key. */
  private readonly coder: JournalCoder | null
  /** Of a journal that nobody writes any more. */
  private notedCodes: JournalCodes | null = null
  private announceSealed: () => void = () => {}
  /** Resolves when no writer is left. */
  readonly sealed: Promise<void>
  /** Called after each append. */
  onGrowth: () => void = () => {}
  /** Why bytes were left out, one plain sentence; null while nothing was. */
  dropReason: string | null = null
  /** What keeps the disk from recording, once it kept something out; its own limit is no failure. */
  failure: string | null = null

  private constructor(
    readonly id: string,
    private readonly paths: JournalFiles,
    private readonly limits: JournalLimits | null,
  ) {
    this.coder = limits && this.key ? new JournalCoder(this.key) : null
    this.sealed = new Promise((resolve) => {
      this.announceSealed = resolve
    })
  }

  /** A new, empty journal. Its files are made when the first byte arrives. */
  static create(id: string, files: JournalFiles, limits: JournalLimits): Journal {
    return new Journal(id, files, limits)
  }

  /**
   * A journal that is read only. Where the noted sizes do not match the files (the writer died, or a survivor wrote
   * more) the index is read through.
   */
  static open(id: string, files: JournalFiles, { sizes: known, onlyPiece, codes }: KnownJournal): Journal {
    const journal = new Journal(id, files, null)
    journal.notedCodes = codes ?? null
    if (known && dataSize(files) === known.bytes && known.stderrBytes <= known.bytes) {
      journal.bytes = known.bytes
      journal.stderrBytes = known.stderrBytes
      journal.records = null
      journal.areStreamsCounted = false
      journal.unlabelled = onlyPiece ?? null
    } else {
      const found = examineJournal(journal.paths)
      journal.bytes = found.sizes.bytes
      journal.stderrBytes = found.sizes.stderrBytes
      journal.records = found.records
    }
    journal.dropped = known?.droppedBytes ?? 0
    journal.closed = true
    journal.announceSealed()
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

  /** False where the size of each stream is what a record says, and the index was not read to see whether it is so. */
  get hasCountedStreams(): boolean {
    return this.areStreamsCounted
  }

  /** When the only piece came, as long as there is but one: it then has no index, and its owner keeps its time. */
  get onlyPiece(): PieceTime | null {
    return this.unlabelled
  }

  /** Times of later segments count from here. */
  begin(): void {
    this.began = performance.now()
  }

  /**
   * Record output. Never throws: what the cap or the disk keeps out is counted in `droppedBytes`.
   * `bytes` is used during the call only, so the caller may reuse its buffer.
   */
  append(stream: JournalStream, bytes: Uint8Array): void {
    const offset = this.bytes
    const written = this.closed ? 0 : this.store(stream, bytes)
    this.dropped += bytes.length - written
    if (written > 0) {
      this.bytes += written
      if (stream === 'stderr') this.stderrBytes += written
      if (this.followers) this.inform(offset, stream, bytes.subarray(0, written))
    }
    this.onGrowth()
  }

  /** No writer any more: release the files, and let followers finish. */
  seal(): void {
    if (this.closed) return
    this.notedCodes = this.codes()
    this.closed = true
    if (this.dataFile !== null) closeSync(this.dataFile)
    if (this.indexFile !== null) closeSync(this.indexFile)
    this.dataFile = null
    this.indexFile = null
    this.last = null
    this.announceSealed()
  }

  /** Seal and delete the files. Readers that are under way finish with what they have open. */
  remove(): void {
    const isWritten = this.bytes > 0 || this.dataFile !== null
    this.seal()
    if (isWritten) removeJournalFiles(this.paths)
    this.bytes = 0
    this.stderrBytes = 0
    this.records = 0
  }

  /** A snapshot of a range, in segments of one stream each. */
  read(options: JournalReadOptions = {}): AsyncGenerator<JournalSegment> {
    return readRange(this.paths, () => this.openData(), this.unlabelled ? 0 : this.countRecords(), {
      from: Math.max(0, options.from ?? 0),
      to: Math.min(options.to ?? this.bytes, this.bytes),
      stream: options.stream,
      maxSegment: options.maxSegment,
      unlabelled: this.unlabelled,
    })
  }

  /** Length and stream of each piece up to an offset, without its bytes. */
  pieces(to: number): Generator<JournalChunk> {
    return indexPieces(this.paths, this.unlabelled ? 0 : this.countRecords(), to)
  }

  /** The raw bytes, for a download that needs no index, which the caller closes; null while there are none. */
  openData(): number | null {
    if (this.bytes === 0) return null
    try {
      return this.paths.data.openToRead()
    } catch (error) {
      if (!isMissing(error) && !(error instanceof StateFileError)) throw error
      throw new ApiError('GONE', 'the recorded output cannot be read any more', {}, { cause: error })
    }
  }

  /** Codes for what was written until now; null where there is no key, or another toolbox wrote it and did not finish. */
  codes(): JournalCodes | null {
    if (this.closed || !this.coder) return this.notedCodes
    return this.coder.finish(this.indexFile === null ? null : this.last)
  }

  /** Compare what is on disk with its codes. Null where all of it is as it was written. */
  async verify(): Promise<UnverifiedReason | null> {
    return this.key ? await verifyJournal(this.key, this.paths, this.codes()) : 'unsigned'
  }

  /** What is there from an offset on, then what is added, until `until` has resolved and all of it was given. */
  async *follow(options: JournalFollowOptions): AsyncGenerator<JournalSegment> {
    const { signal, stream } = options
    const follower = new Follower()
    let position = Math.min(options.from, this.bytes)
    let over = false
    void options.until.then(() => {
      over = true
      follower.rouse()
    })
    const rouse = () => follower.rouse()
    signal.addEventListener('abort', rouse)
    this.followers ??= new Set()
    this.followers.add(follower)
    try {
      while (!signal.aborted) {
        const segment = follower.next()
        if (segment) {
          position = segment.offset + segment.data.length
          if (!stream || segment.stream === stream) yield segment
        } else if (position < this.bytes) {
          const to = this.bytes
          for await (const stored of this.read({ from: position, to, stream })) {
            yield stored
            if (signal.aborted) return
          }
          position = to
        } else {
          follower.attach(position)
          if (over) return
          await follower.idle()
        }
      }
    } finally {
      signal.removeEventListener('abort', rouse)
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

  /** Write to the files; returns how many bytes are now recorded. */
  private store(stream: JournalStream, bytes: Uint8Array): number {
    if (!this.limits) return 0
    const room = Math.min(bytes.length, this.limits.maxBytes - this.bytes)
    if (room < bytes.length) {
      this.dropReason ??= `the journal is at its limit of ${this.limits.maxBytes} bytes; later output is not recorded`
    }
    if (room === 0) return 0
    const isShort = this.bytes + room <= always
    if (!isShort && !this.limits.room.allows(room)) {
      this.fail('the disk is nearly full', 'the disk is nearly full; some output is not recorded')
      return 0
    }
    const write = isShort ? withReserve : (work: () => number) => work()
    let written = 0
    try {
      const file = this.dataFile ?? write(() => this.paths.data.create())
      this.dataFile = file
      while (written < room) {
        written += write(() => writeSync(file, bytes, written, room - written, this.bytes + written))
      }
    } catch (error) {
      this.fail(diskFailure(error))
    }
    if (written > 0 && !this.label(stream, written)) return 0
    this.coder?.add(bytes.subarray(0, written))
    return written
  }

  /**
   * Extend the last index record, or add one. A piece that could not be labelled does not count as recorded. The index
   * file is made for the second piece, because what no record covers is stdout anyway: most commands print once.
   */
  private label(stream: JournalStream, length: number): boolean {
    const sinceStartUs = Math.max(0, (performance.now() - this.began) * 1000)
    const last = this.last
    const joins =
      last !== null &&
      last.stream === stream &&
      sinceStartUs - last.sinceStartUs < joinWithinUs &&
      last.length + length <= joinUpTo
    const record: IndexRecord = joins
      ? { ...last, length: last.length + length }
      : { offset: this.bytes, length, stream, sinceStartUs, wallMs: Date.now() }
    const count = this.records ?? 0
    const number = joins ? count - 1 : count
    const isOnlyPiece = this.indexFile === null && stream === 'stdout' && (joins || last === null)
    if (isOnlyPiece) {
      this.unlabelled = { sinceStartUs: record.sinceStartUs, wallMs: record.wallMs }
    } else {
      try {
        const file = this.indexFile ?? withReserve(() => this.paths.index.create())
        this.indexFile = file
        if (this.unlabelled && last) writeRecord(file, 0, last)
        writeRecord(file, number, record)
        this.unlabelled = null
      } catch (error) {
        this.fail(diskFailure(error))
        return false
      }
    }
    if (last !== null && !joins) this.coder?.addRecord(last)
    this.last = record
    this.records = number + 1
    return true
  }

  private fail(failure: string, dropReason = `output could not be recorded (${failure})`): void {
    this.dropReason ??= dropReason
    this.failure ??= failure
  }

  /** Give new output to the followers that keep up; they share one copy. */
  private inform(offset: number, stream: JournalStream, bytes: Uint8Array): void {
    const followers = [...(this.followers ?? [])]
    const wanted = followers.some((follower) => follower.wants(offset, bytes.length))
    const segments = wanted ? this.segmentsOf(offset, stream, Buffer.from(bytes)) : null
    for (const follower of followers) follower.offer(offset, bytes.length, segments)
  }

  private segmentsOf(offset: number, stream: JournalStream, bytes: Uint8Array): JournalSegment[] {
    const wallMs = this.last?.wallMs ?? Date.now()
    const sinceStartMs = (this.last?.sinceStartUs ?? 0) / 1000
    const segments: JournalSegment[] = []
    for (let at = 0; at < bytes.length; at += maxSegmentBytes) {
      const data = bytes.subarray(at, at + maxSegmentBytes)
      segments.push({ offset: offset + at, stream, wallMs, sinceStartMs, data })
    }
    return segments
  }
}

function writeRecord(indexFile: number, number: number, record: IndexRecord): void {
  writeIndexRecord(scratchRecord, 0, record)
  const wrote = withReserve(() => writeSync(indexFile, scratchRecord, 0, indexRecordBytes, number * indexRecordBytes))
  if (wrote !== indexRecordBytes) throw new Error('short write')
}

/** What keeps a disk from being written, in words: `the disk is full`. */
export function diskFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full'
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return 'the disk is read-only'
  if (code === 'EFBIG') return 'the file would be longer than it may be'
  if (code === 'EIO') return 'the disk reports an error'
  return code
}
