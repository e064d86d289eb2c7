/**
 * The executions of one folder (the runs, or the commands of one session) in the order in which they were made:
 * `executions.jsonl` beside their journals. What a dead toolbox left unfinished is `lost`.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { hasEnded } from '@/lib/process-api/execution'
import { DiskRoom } from '../journal/disk-room'
import { diskFailure, Journal } from '../journal/journal'
import type { LimitWatch } from '../limits/limit-watch'
import { ExecutionRecord, type StoredExecution } from './record'
import { anyLine, type NewLine, newLine, type StateLine, stateLine } from './record-lines'
import { type LinePlace, RecordLog } from './record-log'

export interface ExecutionStoreOptions<Details> {
  folder: string
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
  isAttachmentApart: boolean
}

const lostMessage = 'The sandbox was interrupted while this ran; how it ended is not known.'
const lostInQueueMessage = 'The sandbox was interrupted while this waited its turn; it never started.'
/** Records whose last state could not be written are tried again after this time. */
const retryMs = 5_000
/** A longer attachment gets a file of its own, so that writing the lines anew stays cheap. */
const longestInline = 8 * 1024
/** Lines that count no more are left alone until there are so many bytes of them, and more than of the others. */
const rewriteFrom = 1024 * 1024

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
    this.room = new DiskRoom(options.folder)
    if (!options.readOnly) mkdirSync(options.folder, { recursive: true, mode: 0o700 })
    this.log = new RecordLog(path.join(options.folder, 'executions.jsonl'))
    this.load()
  }

  get size(): number {
    return this.entries.size
  }

  get(id: string): ExecutionRecord<Details> | undefined {
    return this.entries.get(id)?.record
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
    const journal = Journal.create(id, this.basePath(id), limits)
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
      if (isAttachmentApart) writeFileSync(this.attachmentPath(id), attachment, { mode: 0o600 })
      const attached = isAttachmentApart ? { isAttachmentApart } : { attachment }
      const first = this.log.append(JSON.stringify({ ...this.lineOf(record), op: 'new', order, details, ...attached }))
      this.entries.set(id, { record, first, stateLength: 0, isAttachmentApart })
      this.options.unfinished?.add(record)
    } catch (error) {
      if (isAttachmentApart) rmSync(this.attachmentPath(id), { force: true })
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
      if (entry.isAttachmentApart) return readFileSync(this.attachmentPath(id), 'utf8')
      return newLine.parse(JSON.parse(this.log.readAt(entry.first))).attachment ?? null
    } catch (error) {
      console.error(`the attachment of execution ${id} could not be read:`, error)
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
    if (entry.isAttachmentApart) rmSync(this.attachmentPath(id), { force: true })
    this.deadBytes += entry.first.length + entry.stateLength
    this.noteDeletion(id)
    this.shrink()
  }

  /** Seal all journals and stop retrying; the store is not used afterwards. */
  close(): void {
    if (this.retryTimer) clearTimeout(this.retryTimer)
    this.retry()
    for (const { record } of this.entries.values()) record.journal.seal()
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

  private basePath(id: string): string {
    return path.join(this.options.folder, id)
  }

  private attachmentPath(id: string): string {
    return `${this.basePath(id)}.attachment`
  }

  private lineOf(record: ExecutionRecord<Details>): StateLine {
    const onlyPiece = record.journal.onlyPiece
    return {
      op: 'state',
      id: record.id,
      ...record.toStored(),
      output: record.journal.sizes(),
      ...(onlyPiece ? { onlyPiece } : {}),
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
      const place = this.log.append(JSON.stringify(this.lineOf(record)))
      this.deadBytes += entry.stateLength
      entry.stateLength = place.length
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

  private noteDeletion(id: string): void {
    if (this.options.readOnly) return
    try {
      const place = this.log.append(JSON.stringify({ op: 'deleted', id }))
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
      const texts = entries.flatMap(({ record, first }) => [
        this.log.readAt(first),
        JSON.stringify(this.lineOf(record)),
      ])
      const places = this.log.rewrite(texts)
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
    const found = new Map<string, { place: LinePlace; made: unknown; state: unknown; stateLength: number }>()
    for (const { place, text } of this.log.read()) {
      try {
        const line = anyLine.parse(JSON.parse(text))
        const known = found.get(line.id)
        if (line.op === 'new') found.set(line.id, { place, made: line, state: undefined, stateLength: 0 })
        else if (line.op === 'deleted') found.delete(line.id)
        else if (known) Object.assign(known, { state: line, stateLength: place.length })
      } catch (error) {
        console.error('a line of the records could not be read:', error)
      }
    }
    let livingBytes = 0
    for (const [id, { place, made, state, stateLength }] of found) {
      try {
        const first = newLine.parse(made)
        const isAttachmentApart = first.isAttachmentApart ?? false
        this.entries.set(id, { record: this.restore(first, state), first: place, stateLength, isAttachmentApart })
        livingBytes += place.length + stateLength
      } catch (error) {
        console.error(`execution ${id} could not be read:`, error)
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

  private restore(first: NewLine, state: unknown): ExecutionRecord<Details> {
    const { id, order } = first
    const { output, onlyPiece, ...stored } = state === undefined ? first : stateLine.parse(state)
    const details = stored.details ?? first.details
    const known = hasEnded(stored.state) ? output : null
    const journal = Journal.open(id, this.basePath(id), known, onlyPiece)
    const record: ExecutionRecord<Details> = new ExecutionRecord(
      id,
      order,
      this.options.details.parse(details),
      journal,
      pickStored(stored),
      () => this.persist(record),
    )
    return record
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
