/**
 * The executions of one folder (the runs, or the commands of one session) in the order in which they were made.
 * Each is `<id>.json` beside its journal. What a dead toolbox left unfinished is `lost`.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { endReason, executionState, hasEnded, outputSize } from '@/lib/process-api/execution'
import { DiskRoom } from '../journal/disk-room'
import { Journal } from '../journal/journal'
import { writeFileAtomic } from './atomic-file'
import { ExecutionRecord, type StoredExecution } from './record'

export interface ExecutionStoreOptions<Details> {
  folder: string
  /** Schema of what the owner keeps with each execution; it must survive JSON. */
  details: z.ZodType<Details>
  /** Longest journal in bytes. */
  journalBytes: number
  /** For a sandbox that is stopped: read what is there and change nothing. */
  readOnly?: boolean
}

const storedFile = z.object({
  format: z.literal(1),
  id: z.string(),
  order: z.number(),
  state: executionState,
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  reason: endReason.nullable(),
  message: z.string().nullable(),
  queuedAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  durationMs: z.number().nullable(),
  output: outputSize,
  details: z.unknown(),
})

const lostMessage = 'The sandbox was interrupted while this ran; how it ended is not known.'
const lostInQueueMessage = 'The sandbox was interrupted while this waited its turn; it never started.'
/** Records whose last state could not be written are tried again after this time. */
const retryMs = 5_000

export class ExecutionStore<Details> {
  private readonly records = new Map<string, ExecutionRecord<Details>>()
  private readonly unwritten = new Set<ExecutionRecord<Details>>()
  private readonly room: DiskRoom
  private retryTimer: NodeJS.Timeout | null = null
  private nextOrder = 1

  /** Reads the folder at once; a record that cannot be read is left alone and logged. */
  constructor(private readonly options: ExecutionStoreOptions<Details>) {
    this.room = new DiskRoom(options.folder)
    if (!options.readOnly) mkdirSync(options.folder, { recursive: true, mode: 0o700 })
    this.load()
  }

  get size(): number {
    return this.records.size
  }

  get(id: string): ExecutionRecord<Details> | undefined {
    return this.records.get(id)
  }

  /** In the order in which they were made. */
  list(): ExecutionRecord<Details>[] {
    return [...this.records.values()]
  }

  /**
   * A new execution, queued, or running where `started` is given. It is on disk when this returns.
   * Throws an `ApiError` with a plain sentence where it cannot be recorded.
   */
  create(id: string, details: Details, started?: { stdinOpen?: boolean }): ExecutionRecord<Details> {
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
    const record: ExecutionRecord<Details> = new ExecutionRecord(id, this.nextOrder, details, journal, stored, () =>
      this.persist(record),
    )
    if (started) record.markStarted(started)
    try {
      this.write(record)
    } catch (error) {
      throw storageError(error)
    }
    this.nextOrder += 1
    this.records.set(id, record)
    return record
  }

  /** Forget an execution and delete its files. Its process, if any, is the owner's business. */
  remove(id: string): void {
    const record = this.records.get(id)
    if (!record) return
    this.records.delete(id)
    this.unwritten.delete(record)
    record.dispose()
    record.journal.remove()
    rmSync(`${this.basePath(id)}.json`, { force: true })
  }

  /** Seal all journals and stop retrying; the store is not used afterwards. */
  close(): void {
    if (this.retryTimer) clearTimeout(this.retryTimer)
    this.retryUnwritten()
    for (const record of this.records.values()) record.journal.seal()
  }

  /** Forget everything at once; the owner deletes the folder. Readers that are under way finish. */
  abandon(): void {
    if (this.retryTimer) clearTimeout(this.retryTimer)
    this.unwritten.clear()
    for (const record of this.records.values()) {
      record.dispose()
      record.journal.seal()
    }
    this.records.clear()
  }

  /** Write a record as it is now: after the sizes of its output changed without a change of state. */
  save(record: ExecutionRecord<Details>): void {
    this.persist(record)
  }

  private basePath(id: string): string {
    return path.join(this.options.folder, id)
  }

  private write(record: ExecutionRecord<Details>): void {
    const content: z.input<typeof storedFile> = {
      format: 1,
      id: record.id,
      order: record.order,
      ...record.toStored(),
      output: record.journal.sizes(),
      details: record.details,
    }
    writeFileAtomic(`${this.basePath(record.id)}.json`, JSON.stringify(content))
  }

  /** A full disk must not stop an execution: what could not be written stays in memory and is tried again. */
  private persist(record: ExecutionRecord<Details>): void {
    if (this.options.readOnly || this.records.get(record.id) !== record) return
    try {
      this.write(record)
      this.unwritten.delete(record)
    } catch (error) {
      if (this.unwritten.size === 0) console.error(`execution ${record.id} could not be written:`, error)
      this.unwritten.add(record)
      this.retryTimer ??= setTimeout(() => {
        this.retryTimer = null
        this.retryUnwritten()
      }, retryMs).unref()
    }
  }

  private retryUnwritten(): void {
    for (const record of [...this.unwritten]) this.persist(record)
  }

  private load(): void {
    const found: ExecutionRecord<Details>[] = []
    for (const name of namesIn(this.options.folder)) {
      const id = /^(.+)\.json$/.exec(name)?.[1]
      if (id === undefined) continue
      try {
        const record = this.read(id)
        if (record) found.push(record)
      } catch (error) {
        console.error(`execution ${id} could not be read:`, error)
      }
    }
    found.sort((a, b) => a.order - b.order)
    for (const record of found) this.records.set(record.id, record)
    this.nextOrder = (found.at(-1)?.order ?? 0) + 1
    for (const record of found) {
      if (record.hasEnded) continue
      const message = record.state === 'queued' ? lostInQueueMessage : lostMessage
      record.end({ exitCode: null, signal: null, reason: 'toolbox-lost', message })
    }
  }

  private read(id: string): ExecutionRecord<Details> {
    const {
      details,
      output,
      order,
      format: _format,
      id: _id,
      ...stored
    } = storedFile.parse(JSON.parse(readFileSync(`${this.basePath(id)}.json`, 'utf8')))
    const known = this.options.details.parse(details)
    const journal = Journal.open(id, this.basePath(id), hasEnded(stored.state) ? output : null)
    const record: ExecutionRecord<Details> = new ExecutionRecord(id, order, known, journal, stored, () =>
      this.persist(record),
    )
    return record
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** The failure to record something, as a client may see it. */
export function storageError(error: unknown): ApiError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ApiError(
      'INSUFFICIENT_STORAGE',
      'the disk is full, so this cannot be recorded and was not started',
      {},
      { cause: error },
    )
  }
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return new ApiError(
      'INSUFFICIENT_STORAGE',
      'the state folder is read-only, so this cannot be recorded and was not started',
      {},
      { cause: error },
    )
  }
  console.error('a record could not be written:', error)
  return new ApiError('INTERNAL_SERVER_ERROR', 'this cannot be recorded and was not started', {}, { cause: error })
}
