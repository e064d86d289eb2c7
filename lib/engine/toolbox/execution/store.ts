/**
 * The executions of one folder (the runs, or the commands of one session) in the order in which they were made:
 * `executions.jsonl` beside their journals. What a dead toolbox left unfinished is `lost`.
 */
import { closeSync, writeFileSync } from 'node:fs'
import type { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { hasEnded, type UnverifiedReason } from '@/lib/process-api/execution'
import { commandIdSchema } from '@/lib/process-api/ids'
import type { LimitWatch } from '../../linux/limit-watch'
import type { StateFile, StateFolder } from '../../state/files'
import { type Authenticity, digestOf } from '../../state/record-codes'
import { summarizeError } from '../../state/summarize-error'
import { DiskRoom } from '../journal/disk-room'
import { type JournalFiles, journalFiles } from '../journal/files'
import { diskFailure, Journal } from '../journal/journal'
import { anyLineSchema, type NewLine, newLineSchema, type StateLine, stateLineSchema } from '../journal/record-lines'
import { ExecutionRecord, type StoredExecution } from './record'
import { type LinePlace, type LogLine, RecordLog } from './record-log'

export interface ExecutionStoreOptions<Details> {
  folder: StateFolder
  /** Schema of the ids, which become names of files. */
  ids?: z.ZodType<string>
  /** Schema of what the owner keeps with each execution; it must survive JSON. */
  details: z.ZodType<Details>
  /** The details change after the creation: they are written again with each change of state. */
  detailsChange?: boolean
  /** Longest journal in bytes. */
  journalBytes: number
  /** For a sandbox that is stopped: read what is there and change nothing. */
  readOnly?: boolean
  /** Keeps those that wait or run, of all stores together. */
  unfinished?: Set<object>
  limits?: LimitWatch
}

/** An execution with its lines: where its first one is, and how long the one with its latest state. */
interface Entry<Details> {
  record: ExecutionRecord<Details>
  first: LinePlace
  stateLength: number
  /** Bytes of the journal that the last line has codes for. */
  covered: number
  isAttachmentApart: boolean
  /** The first line is what a toolbox wrote. */
  isAuthentic: boolean
}

/** What the lines of a file say of one execution. */
interface Found {
  place: LinePlace
  made: object
  standing: Authenticity
  state: object | undefined
  stateStanding: Authenticity
  stateLength: number
  /** Why not all of it can be right. */
  doubt: UnverifiedReason | null
}

const lostMessage = 'The sandbox was interrupted while this ran; how it ended is not known.'
const unreadableMessage = 'What was recorded of its end cannot be read.'
const lostInQueueMessage = 'The sandbox was interrupted while this waited its turn; it never started.'
/** Records whose last state could not be written are tried again after this time. */
const retryMs = 5_000
/** A longer attachment gets a file of its own, so that writing the lines anew stays cheap. */
const longestInline = 8 * 1024
/** Lines that count no more are left alone until there are so many bytes of them, and more than of the others. */
const rewriteFrom = 1024 * 1024
/** As long as the longest body of a request, and more. */
const longestAttachment = 256 * 1024 ** 2

export class ExecutionStore<Details> {
  private readonly entries = new Map<string, Entry<Details>>()
  private readonly unwritten = new Set<ExecutionRecord<Details>>()
  private readonly undeleted = new Set<string>()
  private readonly log: RecordLog
  private readonly room: DiskRoom
  private retryTimer: NodeJS.Timeout | null = null
  private nextOrder = 1
  private deadBytes = 0

  /** Reads the folder at once; a record that cannot be read is left out and logged. */
  constructor(private readonly options: ExecutionStoreOptions<Details>) {
    this.room = new DiskRoom(options.folder.path)
    if (!options.readOnly) options.folder.make()
    this.log = new RecordLog(options.folder.file('executions.jsonl'))
    this.load()
  }

  get size(): number {
    return this.entries.size
  }

  get(id: string): ExecutionRecord<Details> | undefined {
    return this.entries.get(id)?.record
  }

  /** As `list`, without a copy: what is made or removed meanwhile comes or is missing. */
  *each(): Generator<ExecutionRecord<Details>> {
    for (const { record } of this.entries.values()) yield record
  }

  /** In the order in which they were made. */
  list(): ExecutionRecord<Details>[] {
    return [...this.entries.values()].map((entry) => entry.record)
  }

  /**
   * A new execution, queued, or running where `started` is given. It is on disk when this returns.
   * Throws an `ApiError` with a plain sentence where it cannot be recorded.
   * @param attachment kept on disk, read back with `attachment`, never held in memory
   */
  create(
    id: string,
    details: Details,
    started?: { stdinOpen?: boolean },
    attachment?: string,
  ): ExecutionRecord<Details> {
    const limits = { maxBytes: this.options.journalBytes, room: this.room }
    const stored: StoredExecution = {
      state: 'queued',
      exitCode: null,
      signal: null,
      reason: null,
      message: null,
      queuedAt: new Date().toISOString(),
      startedAt: null,
      endedAt: null,
      durationMs: null,
    }
    const journal = Journal.create(id, this.filesOf(id), limits)
    const order = this.nextOrder
    const record: ExecutionRecord<Details> = new ExecutionRecord(
      id,
      order,
      details,
      journal,
      stored,
      () => this.persist(record),
      this.options.limits,
    )
    if (started) record.markStarted(started)
    const isAttachmentApart = attachment !== undefined && attachment.length > longestInline
    try {
      if (isAttachmentApart) writeNew(this.attachmentFile(id), attachment)
      const attached = isAttachmentApart
        ? { isAttachmentApart, attachmentDigest: digestOf(attachment) }
        : { attachment }
      const first = this.log.append({ ...this.lineOf(record), op: 'new', order, details, ...attached })
      this.entries.set(id, { record, first, stateLength: 0, covered: 0, isAttachmentApart, isAuthentic: true })
      void journal.sealed.then(() => this.saveUncovered(id))
      this.options.unfinished?.add(record)
    } catch (error) {
      if (isAttachmentApart) this.attachmentFile(id).remove()
      throw storageError(error)
    }
    this.nextOrder += 1
    return record
  }

  /** What was attached to an execution, or null where nothing was or it cannot be read any more. */
  attachment(id: string): string | null {
    const entry = this.entries.get(id)
    if (!entry) return null
    try {
      const { value, standing } = this.log.readAt(entry.first)
      const { attachment, attachmentDigest } = newLineSchema.parse(value)
      if (entry.isAuthentic && this.options.folder.codes && standing !== 'authentic') entry.record.distrust('record')
      if (!entry.isAttachmentApart) return attachment ?? null
      const content = this.attachmentFile(id).read(longestAttachment)
      if (digestOf(content) !== attachmentDigest) entry.record.distrust('record')
      return content.toString('utf8')
    } catch (error) {
      entry.record.distrust('record')
      console.error(`the attachment of execution ${id} could not be read:`, error)
      return null
    }
  }

  /** The details as they were written first, read from disk; null where they cannot be read any more. */
  writtenDetails(id: string): unknown {
    const entry = this.entries.get(id)
    if (!entry) return null
    try {
      return newLineSchema.parse(this.log.readAt(entry.first).value).details
    } catch (error) {
      console.error(`the details of execution ${id} could not be read:`, summarizeError(error))
      return null
    }
  }

  /** Forget an execution and delete its files. Its process, if any, is the owner's business. */
  remove(id: string): void {
    const entry = this.entries.get(id)
    if (!entry) return
    this.entries.delete(id)
    this.unwritten.delete(entry.record)
    this.options.unfinished?.delete(entry.record)
    entry.record.dispose()
    entry.record.journal.remove()
    if (entry.isAttachmentApart) this.attachmentFile(id).remove()
    this.deadBytes += entry.first.length + entry.stateLength
    this.noteDeletion(id)
    this.shrink()
  }

  /** Seal all journals and stop retrying; the store is not used afterwards. */
  close(): void {
    if (this.retryTimer) clearTimeout(this.retryTimer)
    this.retry()
    for (const { record } of this.entries.values()) record.journal.seal()
    this.saveUncovered()
  }

  /** Forget everything at once; the owner deletes the folder. Readers that are under way finish. */
  abandon(): void {
    if (this.retryTimer) clearTimeout(this.retryTimer)
    this.unwritten.clear()
    this.undeleted.clear()
    for (const { record } of this.entries.values()) {
      this.options.unfinished?.delete(record)
      record.dispose()
      record.journal.seal()
    }
    this.entries.clear()
  }

  /** Write a record as it is now: after the sizes of its output changed without a change of state. */
  save(record: ExecutionRecord<Details>): void {
    this.persist(record)
  }

  private filesOf(id: string): JournalFiles {
    return journalFiles(this.options.folder, id, this.options.journalBytes)
  }

  private attachmentFile(id: string): StateFile {
    return this.options.folder.file(`${id}.attachment`)
  }

  private lineOf(record: ExecutionRecord<Details>): StateLine {
    const { onlyPiece } = record.journal
    const journal = record.journal.codes()
    const { unverified } = record
    return {
      op: 'state',
      id: record.id,
      ...record.toStored(),
      output: record.journal.sizes(),
      ...(onlyPiece ? { onlyPiece } : {}),
      ...(journal ? { journal } : {}),
      ...(unverified ? { unverified } : {}),
      ...(this.options.detailsChange ? { details: record.details } : {}),
    }
  }

  /**
   * A full disk must not stop an execution: what could not be written stays in memory and is tried again. Returns why it
   * could not, or null.
   */
  private persist(record: ExecutionRecord<Details>): string | null {
    if (record.hasEnded) this.options.unfinished?.delete(record)
    const entry = this.entries.get(record.id)
    if (this.options.readOnly || entry?.record !== record) return null
    let failure: string | null = null
    try {
      const place = this.log.append(this.lineOf(record))
      this.deadBytes += entry.stateLength
      entry.stateLength = place.length
      entry.covered = record.journal.size
      this.unwritten.delete(record)
    } catch (error) {
      if (this.unwritten.size === 0) console.error(`execution ${record.id} could not be written:`, error)
      this.unwritten.add(record)
      this.retryLater()
      failure = diskFailure(error)
    }
    this.shrink()
    return failure
  }

  /** What was printed after the end has no code in the file yet. */
  private saveUncovered(id?: string): void {
    const entries = id === undefined ? this.entries.values() : [this.entries.get(id)]
    for (const entry of entries) {
      if (entry?.record.hasEnded && entry.record.journal.size > entry.covered) this.persist(entry.record)
    }
  }

  private noteDeletion(id: string): void {
    if (this.options.readOnly) return
    try {
      const place = this.log.append({ op: 'deleted', id })
      this.deadBytes += place.length
      this.undeleted.delete(id)
    } catch (error) {
      console.error(`the deletion of execution ${id} could not be written:`, error)
      this.undeleted.add(id)
      this.retryLater()
    }
  }

  private retryLater(): void {
    this.retryTimer ??= setTimeout(() => {
      this.retryTimer = null
      this.retry()
    }, retryMs).unref()
  }

  private retry(): void {
    for (const record of [...this.unwritten]) this.persist(record)
    for (const id of [...this.undeleted]) this.noteDeletion(id)
  }

  /** Write the file anew once most of it counts no more. */
  private shrink(): void {
    if (this.deadBytes < rewriteFrom || this.deadBytes < this.log.size / 2) return
    const entries = [...this.entries.values()]
    try {
      const lines = entries.flatMap(({ record, first, isAuthentic }) => {
        const { value, standing } = this.log.readAt(first)
        const isStillAuthentic = isAuthentic && (standing === 'authentic' || !this.options.folder.codes)
        if (isAuthentic && !isStillAuthentic) record.distrust('record')
        return [
          { value: newLineSchema.parse(value), isAuthentic: isStillAuthentic },
          { value: this.lineOf(record), isAuthentic: true },
        ]
      })
      const places = this.log.rewrite(lines)
      entries.forEach((entry, i) => {
        entry.first = places[2 * i] ?? entry.first
        entry.stateLength = places[2 * i + 1]?.length ?? 0
      })
      this.unwritten.clear()
      this.undeleted.clear()
    } catch (error) {
      console.error('the records could not be written anew:', error)
    }
    this.deadBytes = 0
  }

  private load(): void {
    const found = new Map<string, Found>()
    for (const line of this.log.lines()) this.take(found, line)
    let livingBytes = 0
    for (const [id, it] of found) {
      try {
        const first = newLineSchema.parse(it.made)
        this.entries.set(id, {
          record: this.restore(first, it),
          first: it.place,
          stateLength: it.stateLength,
          covered: Number.POSITIVE_INFINITY,
          isAttachmentApart: first.isAttachmentApart ?? false,
          isAuthentic: it.standing === 'authentic',
        })
        livingBytes += it.place.length + it.stateLength
      } catch (error) {
        console.error(`execution ${id} could not be read:`, summarizeError(error))
      }
    }
    this.deadBytes = this.log.size - livingBytes
    for (const { record } of this.entries.values()) {
      this.nextOrder = Math.max(this.nextOrder, record.order + 1)
      if (record.hasEnded) continue
      const message = record.state === 'queued' ? lostInQueueMessage : lostMessage
      record.end({ exitCode: null, signal: null, reason: 'toolbox-lost', message })
    }
  }

  /** Apply one line. What is authentic is never replaced by what is not, which is noted instead. */
  private take(found: Map<string, Found>, { place, value, standing, isAfterGap }: LogLine): void {
    // What is missing may have been about any of those that were there already.
    if (isAfterGap) for (const it of found.values()) it.doubt ??= 'record'
    const line = anyLineSchema.safeParse(value)
    if (!line.success || !(this.options.ids ?? commandIdSchema).safeParse(line.data.id).success) {
      console.error('a line of the records could not be read:', line.error?.issues[0]?.message ?? 'its id is not valid')
      return
    }
    const { op, id } = line.data
    const known = found.get(id)
    if (op === 'new' && !known) {
      const doubt = doubtOf(standing)
      const made = this.withoutLongTexts(value)
      found.set(id, { place, made, standing, state: undefined, stateStanding: standing, stateLength: 0, doubt })
    } else if (!known) {
      return
    } else if (op === 'new' || (standing !== 'authentic' && known.standing === 'authentic')) {
      known.doubt ??= 'record'
    } else if (op === 'deleted') {
      found.delete(id)
    } else {
      if (standing === 'authentic' && known.standing === 'authentic') known.doubt = null
      else known.doubt ??= doubtOf(standing)
      Object.assign(known, { state: value, stateStanding: standing, stateLength: place.length })
    }
  }

  /** A first line as it is held until the whole file has been read: the texts of all lines together may be long. */
  private withoutLongTexts(value: object): object {
    const line = newLineSchema.safeParse(value)
    const details = this.options.details.safeParse(line.data?.details)
    if (!line.success || !details.success) return value
    return { ...line.data, attachment: undefined, details: details.data }
  }

  private restore(first: NewLine, found: Found): ExecutionRecord<Details> {
    const { id, order } = first
    const last = found.state === undefined ? null : stateLineSchema.safeParse(found.state)
    if (last && !last.success)
      console.error(`the state of execution ${id} could not be read:`, summarizeError(last.error))
    const isUnreadable = last !== null && !last.success
    const { output, onlyPiece, journal: codes, unverified, ...stored } = last?.data ?? first
    const changed = this.options.details.safeParse(this.options.detailsChange ? stored.details : undefined)
    const details = changed.success ? changed.data : this.options.details.parse(first.details)
    const sizes = hasEnded(stored.state) ? output : null
    const journal = Journal.open(id, this.filesOf(id), { sizes, onlyPiece, codes: sizes && codes })
    const doubt = unverified ?? found.doubt ?? (isUnreadable ? 'record' : null)
    const record: ExecutionRecord<Details> = new ExecutionRecord(
      id,
      order,
      details,
      journal,
      isUnreadable ? lostState(first) : pickStored(stored),
      () => this.persist(record),
      null,
      { unverified: doubt },
    )
    return record
  }
}

function doubtOf(standing: Authenticity): UnverifiedReason | null {
  if (standing === 'authentic') return null
  return standing === 'unsigned' ? 'unsigned' : 'record'
}

/** It ended, or not: nobody can tell. */
function lostState(first: NewLine): StoredExecution {
  return { ...pickStored(first), state: 'lost', reason: 'toolbox-lost', message: unreadableMessage }
}

function writeNew(file: StateFile, content: string): void {
  const descriptor = file.create()
  try {
    writeFileSync(descriptor, content)
  } finally {
    closeSync(descriptor)
  }
}

/** The fields of a line that a record is made from. */
function pickStored(line: StoredExecution): StoredExecution {
  const { state, exitCode, signal, reason, message, queuedAt, startedAt, endedAt, durationMs } = line
  return { state, exitCode, signal, reason, message, queuedAt, startedAt, endedAt, durationMs }
}

/** The failure to record something, as a client may see it. */
export function storageError(error: unknown): ApiError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EFBIG'].includes(code)) {
    const sentence = `${diskFailure(error)}, so this cannot be recorded and was not started`
    return new ApiError('INSUFFICIENT_STORAGE', sentence, {}, { cause: error })
  }
  console.error('a record could not be written:', error)
  return new ApiError('INTERNAL_SERVER_ERROR', 'this cannot be recorded and was not started', {}, { cause: error })
}
