/**
 * The executions of one folder (the runs, or the commands of one session) in order of creation, stored in
 * `executions.jsonl` beside their journals. Executions that an earlier toolbox did not finish are `lost`.
 */
import { closeSync, writeFileSync } from 'node:fs'
import type { z } from 'zod'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import type { UnverifiedReason } from '@/lib/process-api/execution'
import { hasEnded } from '@/lib/process-api/has-ended'
import { commandIdSchema } from '@/lib/process-api/ids'
import type { LimitWatch } from '../../linux/limit-watch'
import type { StateFile, StateFolder } from '../../state/files'
import { type Authenticity, digestOf } from '../../state/record-codes'
import { summarizeError } from '../../state/summarize-error'
import { DiskSpace } from '../journal/disk-space'
import { type JournalFiles, journalFiles } from '../journal/files'
import { diskFailure, Journal } from '../journal/journal'
import { anyLineSchema, type NewLine, newLineSchema, type StateLine, stateLineSchema } from '../journal/record-lines'
import { ExecutionRecord, type StoredExecution } from './record'
import { type LineLocation, type LogLine, RecordLog } from './record-log'

export interface ExecutionStoreOptions<Details> {
  folder: StateFolder
  /** Schema of the ids, which become file names. */
  ids?: z.ZodType<string>
  /** Schema of the owner's details of each execution, which must survive JSON. */
  details: z.ZodType<Details>
  /** The details can change later, so they are written with each change of state. */
  detailsChange?: boolean
  /** Maximum journal in bytes. */
  journalBytes: number
  /** For a stopped sandbox: only read, change nothing. */
  readOnly?: boolean
  /** Filled with all queued and running executions, shared by all stores. */
  unfinished?: Set<object>
  limits?: LimitWatch
}

/** An execution with the location of its first line and the length of its latest state line. */
interface Entry<Details> {
  record: ExecutionRecord<Details>
  first: LineLocation
  stateLength: number
  /** Bytes of the journal covered by the codes in the last line. */
  coveredBytes: number
  isAttachmentApart: boolean
  /** The first line is authentic. */
  isAuthentic: boolean
}

/** The lines of one execution while a file is read. */
interface LoadedLines {
  location: LineLocation
  first: object
  authenticity: Authenticity
  state: object | undefined
  stateAuthenticity: Authenticity
  stateLength: number
  /** Why the lines cannot all be trusted. */
  unverifiedReason: UnverifiedReason | null
}

const lostMessage = 'The sandbox was interrupted while this ran; how it ended is unknown.'
const unreadableMessage = 'The record of its end cannot be read.'
const lostInQueueMessage = 'The sandbox was interrupted while this was queued; it never started.'
/** Delay before records that could not be written are tried again. */
const retryDelayMs = 5_000
/** Characters. A longer attachment gets its own file, so that rewriting the lines stays cheap. */
const maxInlineLength = 8 * 1024
/** The file is rewritten once obsolete lines take this many bytes and at least half of the file. */
const minDeadBytes = 1024 * 1024
/** Larger than any request body. */
const maxAttachmentBytes = 256 * 1024 ** 2

export class ExecutionStore<Details> {
  private readonly entries = new Map<string, Entry<Details>>()
  private readonly unsavedRecords = new Set<ExecutionRecord<Details>>()
  private readonly unsavedDeletions = new Set<string>()
  private readonly log: RecordLog
  private readonly space: DiskSpace
  private retryTimer: NodeJS.Timeout | null = null
  private nextOrder = 1
  private deadBytes = 0

  /** Reads the folder immediately. An unreadable record is logged and skipped. */
  constructor(private readonly options: ExecutionStoreOptions<Details>) {
    this.space = new DiskSpace(options.folder.path)
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

  /** As `list`, without a copy: reflects executions that are created or removed meanwhile. */
  *each(): Generator<ExecutionRecord<Details>> {
    for (const { record } of this.entries.values()) yield record
  }

  /** All executions in order of creation. */
  list(): ExecutionRecord<Details>[] {
    return [...this.entries.values()].map((entry) => entry.record)
  }

  /**
   * Create an execution, queued, or running if `started` is given. It is on disk when this returns.
   * Throws an `ApiError` if it cannot be recorded.
   * @param attachment stored on disk, never in memory; read it back with `attachment()`
   */
  create(
    id: string,
    details: Details,
    started?: { stdinOpen?: boolean },
    attachment?: string,
  ): ExecutionRecord<Details> {
    const limits = { maxBytes: this.options.journalBytes, space: this.space }
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
    const isAttachmentApart = attachment !== undefined && attachment.length > maxInlineLength
    try {
      if (isAttachmentApart) writeNew(this.attachmentFile(id), attachment)
      const attached = isAttachmentApart
        ? { isAttachmentApart, attachmentDigest: digestOf(attachment) }
        : { attachment }
      const first = this.log.append({ ...this.lineOf(record), op: 'new', order, details, ...attached })
      this.entries.set(id, { record, first, stateLength: 0, coveredBytes: 0, isAttachmentApart, isAuthentic: true })
      void journal.sealed.then(() => this.saveUncovered(id))
      this.options.unfinished?.add(record)
    } catch (error) {
      if (isAttachmentApart) this.attachmentFile(id).remove()
      throw storageError(error)
    }
    this.nextOrder += 1
    return record
  }

  /** The attachment of an execution; null if there is none or it can no longer be read. */
  attachment(id: string): string | null {
    const entry = this.entries.get(id)
    if (!entry) return null
    try {
      const { value, authenticity } = this.log.readAt(entry.first)
      const { attachment, attachmentDigest } = newLineSchema.parse(value)
      if (entry.isAuthentic && this.options.folder.codes && authenticity !== 'authentic')
        entry.record.markUnverified('record')
      if (!entry.isAttachmentApart) return attachment ?? null
      const content = this.attachmentFile(id).read(maxAttachmentBytes)
      if (digestOf(content) !== attachmentDigest) entry.record.markUnverified('record')
      return content.toString('utf8')
    } catch (error) {
      entry.record.markUnverified('record')
      log.error({ err: error }, `the attachment of execution ${id} could not be read`)
      return null
    }
  }

  /** The original details, read from disk; null if they can no longer be read. */
  writtenDetails(id: string): unknown {
    const entry = this.entries.get(id)
    if (!entry) return null
    try {
      return newLineSchema.parse(this.log.readAt(entry.first).value).details
    } catch (error) {
      log.error({ reason: summarizeError(error) }, `the details of execution ${id} could not be read`)
      return null
    }
  }

  /** Remove an execution and delete its files. The owner must end its process, if any. */
  remove(id: string): void {
    const entry = this.entries.get(id)
    if (!entry) return
    this.entries.delete(id)
    this.unsavedRecords.delete(entry.record)
    this.options.unfinished?.delete(entry.record)
    entry.record.dispose()
    entry.record.journal.remove()
    if (entry.isAttachmentApart) this.attachmentFile(id).remove()
    this.deadBytes += entry.first.length + entry.stateLength
    this.saveDeletion(id)
    this.compact()
  }

  /** Seal all journals and stop retrying. The store must not be used afterwards. */
  close(): void {
    if (this.retryTimer) clearTimeout(this.retryTimer)
    this.retry()
    for (const { record } of this.entries.values()) record.journal.seal()
    this.saveUncovered()
  }

  /** Remove all executions from memory; the owner deletes the folder. Active readers finish. */
  abandon(): void {
    if (this.retryTimer) clearTimeout(this.retryTimer)
    this.unsavedRecords.clear()
    this.unsavedDeletions.clear()
    for (const { record } of this.entries.values()) {
      this.options.unfinished?.delete(record)
      record.dispose()
      record.journal.seal()
    }
    this.entries.clear()
  }

  /** Write a record as it is now. Needed after its output grew without a change of state. */
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
    const { onlyChunk: onlyPiece } = record.journal
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
   * Write a record. A full disk must not stop an execution: a failed write is retried later. Returns why it failed, or
   * null.
   */
  private persist(record: ExecutionRecord<Details>): string | null {
    if (record.hasEnded) this.options.unfinished?.delete(record)
    const entry = this.entries.get(record.id)
    if (this.options.readOnly || entry?.record !== record) return null
    let failure: string | null = null
    try {
      const location = this.log.append(this.lineOf(record))
      this.deadBytes += entry.stateLength
      entry.stateLength = location.length
      entry.coveredBytes = record.journal.size
      this.unsavedRecords.delete(record)
    } catch (error) {
      if (this.unsavedRecords.size === 0) log.error({ err: error }, `execution ${record.id} could not be written`)
      this.unsavedRecords.add(record)
      this.retryLater()
      failure = diskFailure(error)
    }
    this.compact()
    return failure
  }

  /** Write codes for output that was printed after the end. */
  private saveUncovered(id?: string): void {
    const entries = id === undefined ? this.entries.values() : [this.entries.get(id)]
    for (const entry of entries) {
      if (entry?.record.hasEnded && entry.record.journal.size > entry.coveredBytes) this.persist(entry.record)
    }
  }

  private saveDeletion(id: string): void {
    if (this.options.readOnly) return
    try {
      const location = this.log.append({ op: 'deleted', id })
      this.deadBytes += location.length
      this.unsavedDeletions.delete(id)
    } catch (error) {
      log.error({ err: error }, `the deletion of execution ${id} could not be written`)
      this.unsavedDeletions.add(id)
      this.retryLater()
    }
  }

  private retryLater(): void {
    this.retryTimer ??= setTimeout(() => {
      this.retryTimer = null
      this.retry()
    }, retryDelayMs).unref()
  }

  private retry(): void {
    for (const record of [...this.unsavedRecords]) this.persist(record)
    for (const id of [...this.unsavedDeletions]) this.saveDeletion(id)
  }

  /** Rewrite the file once most of its lines are obsolete. */
  private compact(): void {
    if (this.deadBytes < minDeadBytes || this.deadBytes < this.log.size / 2) return
    const entries = [...this.entries.values()]
    try {
      const lines = entries.flatMap(({ record, first, isAuthentic }) => {
        const { value, authenticity } = this.log.readAt(first)
        const isStillAuthentic = isAuthentic && (authenticity === 'authentic' || !this.options.folder.codes)
        if (isAuthentic && !isStillAuthentic) record.markUnverified('record')
        return [
          { value: newLineSchema.parse(value), isAuthentic: isStillAuthentic },
          { value: this.lineOf(record), isAuthentic: true },
        ]
      })
      const locations = this.log.rewrite(lines)
      entries.forEach((entry, i) => {
        entry.first = locations[2 * i] ?? entry.first
        entry.stateLength = locations[2 * i + 1]?.length ?? 0
      })
      this.unsavedRecords.clear()
      this.unsavedDeletions.clear()
    } catch (error) {
      log.error({ err: error }, 'the records could not be rewritten')
    }
    this.deadBytes = 0
  }

  private load(): void {
    const found = new Map<string, LoadedLines>()
    for (const line of this.log.lines()) this.applyLine(found, line)
    let liveBytes = 0
    for (const [id, loaded] of found) {
      try {
        const first = newLineSchema.parse(loaded.first)
        this.entries.set(id, {
          record: this.restore(first, loaded),
          first: loaded.location,
          stateLength: loaded.stateLength,
          coveredBytes: Number.POSITIVE_INFINITY,
          isAttachmentApart: first.isAttachmentApart ?? false,
          isAuthentic: loaded.authenticity === 'authentic',
        })
        liveBytes += loaded.location.length + loaded.stateLength
      } catch (error) {
        log.error({ reason: summarizeError(error) }, `execution ${id} could not be read`)
      }
    }
    this.deadBytes = this.log.size - liveBytes
    for (const { record } of this.entries.values()) {
      this.nextOrder = Math.max(this.nextOrder, record.order + 1)
      if (record.hasEnded) continue
      const message = record.state === 'queued' ? lostInQueueMessage : lostMessage
      record.end({ exitCode: null, signal: null, reason: 'toolbox-lost', message })
    }
  }

  /** Apply one line. A line that is not authentic never replaces an authentic one; it only makes it unverified. */
  private applyLine(found: Map<string, LoadedLines>, { location, value, authenticity, isAfterGap }: LogLine): void {
    // The missing lines may have been about any execution that exists already.
    if (isAfterGap) for (const known of found.values()) known.unverifiedReason ??= 'record'
    const line = anyLineSchema.safeParse(value)
    if (!line.success || !(this.options.ids ?? commandIdSchema).safeParse(line.data.id).success) {
      log.error(
        { reason: line.error?.issues[0]?.message ?? 'its id is not valid' },
        'a line of the records could not be read',
      )
      return
    }
    const { op, id } = line.data
    const known = found.get(id)
    if (op === 'new' && !known) {
      const unverifiedReason = unverifiedReasonOf(authenticity)
      const first = this.withoutAttachment(value)
      found.set(id, {
        location,
        first,
        authenticity,
        state: undefined,
        stateAuthenticity: authenticity,
        stateLength: 0,
        unverifiedReason,
      })
    } else if (!known) {
      return
    } else if (op === 'new' || (authenticity !== 'authentic' && known.authenticity === 'authentic')) {
      known.unverifiedReason ??= 'record'
    } else if (op === 'deleted') {
      found.delete(id)
    } else {
      if (authenticity === 'authentic' && known.authenticity === 'authentic') known.unverifiedReason = null
      else known.unverifiedReason ??= unverifiedReasonOf(authenticity)
      Object.assign(known, { state: value, stateAuthenticity: authenticity, stateLength: location.length })
    }
  }

  /** Drop long texts from a first line until the whole file has been read: all lines together may be huge. */
  private withoutAttachment(value: object): object {
    const line = newLineSchema.safeParse(value)
    const details = this.options.details.safeParse(line.data?.details)
    if (!line.success || !details.success) return value
    return { ...line.data, attachment: undefined, details: details.data }
  }

  private restore(first: NewLine, found: LoadedLines): ExecutionRecord<Details> {
    const { id, order } = first
    const last = found.state === undefined ? null : stateLineSchema.safeParse(found.state)
    if (last && !last.success)
      log.error({ reason: summarizeError(last.error) }, `the state of execution ${id} could not be read`)
    const isStateUnreadable = last !== null && !last.success
    const { output, onlyPiece, journal: codes, unverified, ...stored } = last?.data ?? first
    const changed = this.options.details.safeParse(this.options.detailsChange ? stored.details : undefined)
    const details = changed.success ? changed.data : this.options.details.parse(first.details)
    const sizes = hasEnded(stored.state) ? output : null
    const journal = Journal.open(id, this.filesOf(id), { sizes, onlyChunk: onlyPiece, codes: sizes && codes })
    const unverifiedReason = unverified ?? found.unverifiedReason ?? (isStateUnreadable ? 'record' : null)
    const record: ExecutionRecord<Details> = new ExecutionRecord(
      id,
      order,
      details,
      journal,
      isStateUnreadable ? lostState(first) : pickStored(stored),
      () => this.persist(record),
      null,
      { unverified: unverifiedReason },
    )
    return record
  }
}

function unverifiedReasonOf(authenticity: Authenticity): UnverifiedReason | null {
  if (authenticity === 'authentic') return null
  return authenticity === 'unsigned' ? 'unsigned' : 'record'
}

/** The state of an execution whose latest state line is unreadable. */
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

/** The fields of a line that make up a record. */
function pickStored(line: StoredExecution): StoredExecution {
  const { state, exitCode, signal, reason, message, queuedAt, startedAt, endedAt, durationMs } = line
  return { state, exitCode, signal, reason, message, queuedAt, startedAt, endedAt, durationMs }
}

/** Convert a failure to record something to an error for clients. */
export function storageError(error: unknown): ApiError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EFBIG'].includes(code)) {
    const message = `${diskFailure(error)}, so the record of this execution could not be written and it was not started`
    return new ApiError('INSUFFICIENT_STORAGE', message, {}, { cause: error })
  }
  log.error({ err: error }, 'a record could not be written')
  return new ApiError(
    'INTERNAL_SERVER_ERROR',
    'the record of this execution could not be written, so it was not started',
    {},
    { cause: error },
  )
}
