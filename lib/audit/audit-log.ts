/**
 * The audit log of the console: numbers and chains entries, writes them, and signs checkpoints. Without the database the
 * console runs as before; entries wait in memory, and what does not fit is counted in the entry that follows.
 */
import { log } from '@/lib/log/log'
import type { AuditEntry, AuditFilter, AuditPage, AuditRecord } from '@/lib/process-api/audit'
import { type AuditHead, type AuditRow, AuditStore, toRow } from '@/lib/store/audit/audit-store'
import { StoreError } from '@/lib/store/store-error'
import { type auditFiles, Checkpoints } from './checkpoints'
import { entryHash, firstHash } from './entry-hash'
import { ReadWindow } from './read-window'
import type { SubjectSettings } from './subject'

/** Entries that wait while the database cannot be written. */
const maxPending = 10_000
/** Writing is synchronous: a batch of this size holds the console up for some milliseconds. */
const maxBatch = 100
/** Characters of the JSON text of a subject. */
const maxSubjectLength = 8_000
const retryMs = 1_000
const checkpointIntervalMs = 60_000
const checkpointEntries = 1_000

const system = { kind: 'system', id: '', name: 'Sandglass', role: '' } as const

interface Pending {
  record: AuditRecord
  at: number
}

export class AuditLog {
  private store: AuditStore | null = null
  private checkpoints: Checkpoints | null = null
  private head: AuditHead = { seq: 0, hash: firstHash }
  private problem = 'The audit log is being opened. Try again in a moment.'
  private pending: Pending[] = []
  private readonly reads = new ReadWindow()
  private lost = 0
  private signed = 0
  private signTimer: NodeJS.Timeout | null = null
  private retryTimer: NodeJS.Timeout | null = null
  private writing: Promise<void> | null = null
  private isClosed = false

  constructor(
    private readonly files: ReturnType<typeof auditFiles>,
    /** Folder of the migrations of its database. */
    private readonly migrations: string,
    /** What entries contain. */
    readonly settings: SubjectSettings = { code: true },
  ) {}

  /** Opens the database. Never throws. */
  async open(): Promise<void> {
    try {
      this.checkpoints ??= new Checkpoints(this.files)
      this.store = await AuditStore.open(this.files.database, this.migrations)
      this.head = (await this.store.head()) ?? { seq: 0, hash: firstHash }
      this.signed = this.head.seq
    } catch (error) {
      this.fail(error)
      return
    }
    await this.flush()
  }

  /**
   * Adds an entry. Never throws: an entry that cannot be written now is written later, in its place. A read that was
   * recorded in the last ten minutes is not recorded again.
   * @returns resolves when the entry is written, or waits for the database
   */
  async record(record: AuditRecord): Promise<void> {
    if (record.kind === 'read' && !this.reads.isNew(record)) return
    if (this.pending.length >= maxPending) {
      this.lost += 1
      return
    }
    this.pending.push({ record, at: Date.now() })
    await this.flush()
  }

  /** A page of entries, newest first, or one sentence that says why there is none. */
  async page(filter: AuditFilter, before?: number): Promise<AuditPage | { unavailable: string }> {
    return await this.read((store) => store.page(filter, before))
  }

  /** Up to `limit` entries after a number, in order, for an export. */
  async after(
    seq: number,
    limit: number,
    filter: AuditFilter,
  ): Promise<{ rows: AuditRow[] } | { unavailable: string }> {
    return await this.read(async (store) => ({ rows: await store.after(seq, limit, filter) }))
  }

  /** Writes what is pending, signs the last entry and closes the database. */
  async close(): Promise<void> {
    await this.flush()
    this.isClosed = true
    if (this.retryTimer) clearTimeout(this.retryTimer)
    this.sign()
    await this.store?.close()
    this.store = null
  }

  private async read<Result>(work: (store: AuditStore) => Promise<Result>): Promise<Result | { unavailable: string }> {
    if (this.store === null) return { unavailable: this.problem }
    try {
      return await work(this.store)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      return { unavailable: error.message }
    }
  }

  private async flush(): Promise<void> {
    while (this.store !== null && (this.pending.length > 0 || this.writing)) {
      this.writing ??= this.write(this.store).finally(() => {
        this.writing = null
      })
      if (
        !(await this.writing.then(
          () => true,
          () => false,
        ))
      )
        return
    }
  }

  private async write(store: AuditStore): Promise<void> {
    if (store.isLost()) {
      await store.close()
      this.store = null
      this.fail(new StoreError('unusable', 'The database of the audit log was replaced. It is opened again.'), 0)
      return
    }
    const taken = this.pending.slice(0, maxBatch)
    if (taken.length === 0) return
    const lost = this.lost
    const rows = this.chain(lost === 0 ? taken : [...taken, lostEntries(lost)])
    try {
      await store.append(rows)
    } catch (error) {
      // Another process may have added entries: continue after them.
      const head = await store.head().catch(() => null)
      if (head && head.seq !== this.head.seq) {
        this.head = head
        return
      }
      this.fail(error)
      throw error
    }
    this.pending.splice(0, taken.length)
    this.lost -= lost
    const last = rows.at(-1)
    if (last) this.head = { seq: last.seq, hash: last.hash }
    if (this.head.seq - this.signed >= checkpointEntries) this.sign()
    else this.signLater()
  }

  private chain(entries: readonly Pending[]): AuditRow[] {
    let { seq, hash } = this.head
    return entries.map(({ record, at }) => {
      seq += 1
      const subject = subjectText(record.subject)
      const entry: Omit<AuditEntry, 'hash'> = { ...record, seq, at }
      hash = entryHash(hash, entry, subject)
      return toRow({ ...entry, hash }, subject)
    })
  }

  private signLater(): void {
    this.signTimer ??= setTimeout(() => this.sign(), checkpointIntervalMs).unref()
  }

  private sign(): void {
    if (this.signTimer) clearTimeout(this.signTimer)
    this.signTimer = null
    if (this.head.seq === this.signed || this.checkpoints === null) return
    try {
      this.checkpoints.append({ ...this.head, at: Date.now() })
      this.signed = this.head.seq
    } catch (error) {
      log.error({ err: error }, 'A checkpoint of the audit log could not be written')
    }
  }

  private fail(error: unknown, delayMs = retryMs): void {
    const message =
      error instanceof StoreError ? error.message : 'The audit log failed. The log of the console says why.'
    if (message !== this.problem) log.warn({ err: error }, message)
    this.problem = message
    void this.store?.close()
    this.store = null
    if (this.isClosed || this.retryTimer) return
    this.retryTimer = setTimeout(() => {
      this.retryTimer = null
      void this.open()
    }, delayMs)
    this.retryTimer.unref()
  }
}

function lostEntries(count: number): Pending {
  return {
    record: {
      actor: system,
      address: '',
      kind: 'change',
      action: 'audit.lost',
      target: '',
      sandboxId: '',
      subject: { count },
      result: 'ok',
      durationMs: 0,
    },
    at: Date.now(),
  }
}

/** JSON; a subject that is too large is replaced by its beginning. */
function subjectText(subject: AuditRecord['subject']): string {
  const text = JSON.stringify(subject)
  return text.length <= maxSubjectLength ? text : JSON.stringify({ cut: text.slice(0, maxSubjectLength / 2) })
}
