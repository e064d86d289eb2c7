/**
 * The history of all targets: opens the database, writes in batches, and answers reads. Without the database the console
 * runs as before; reads then return a sentence that says why there is no history.
 */
import { log } from '@/lib/log/log'
import type { ProcessApiClient } from '@/lib/process-api/client'
import type { EngineEvent } from '@/lib/process-api/extensions'
import type { HistoryDetail, HistoryGroupPage, HistoryPage, HistoryUnavailable } from '@/lib/process-api/history'
import type { HistoryFilter } from '@/lib/process-api/history-filter'
import type { HistoryCursor, HistoryNote } from '@/lib/process-api/history-schemas'
import type { HistoryStore } from '@/lib/store/history/history-store'
import { openStore, type Store } from '@/lib/store/open-store'
import { StoreError } from '@/lib/store/store-error'
import { ChangeBuffer } from './change-buffer'
import { TargetRecorder } from './recorder'

const flushIntervalMs = 200
/** Writing is synchronous: a batch of this size holds the console up for some milliseconds. */
const maxBatch = 100
const firstRetryMs = 1_000
const maxRetryMs = 30_000
const purgeIntervalMs = 3_600_000
const dayMs = 86_400_000

export interface HistorySettings {
  /** Path of the database. */
  file: string
  /** Folder of its migrations. */
  migrations: string
  /** Days for which entries of deleted sandboxes and executions are stored. */
  days: number
  /** Maximum number of entries. */
  maxEntries: number
}

interface Targets {
  list(): readonly { name: string }[]
  client(name: string): ProcessApiClient
}

export class HistoryService {
  private store: Store | null = null
  private problem = 'The history is being opened. Try again in a moment.'
  private readonly buffer = new ChangeBuffer()
  private readonly recorders = new Map<string, TargetRecorder>()
  private flushTimer: NodeJS.Timeout | null = null
  private openTimer: NodeJS.Timeout | null = null
  private retryMs = firstRetryMs
  private flushing: Promise<void> | null = null
  private purgedAt = 0
  private isClosed = false

  constructor(
    private readonly settings: HistorySettings,
    private readonly targets: Targets,
  ) {}

  /** Opens the database and starts to record. Never throws. */
  start(): void {
    for (const { name } of this.targets.list()) {
      this.recorders.set(
        name,
        new TargetRecorder(name, {
          client: () => this.targets.client(name),
          add: (change) => {
            this.buffer.add(change)
            this.schedule()
          },
          known: {
            presentSandboxes: async (target) => (await this.whenOpen()).presentSandboxes(target),
            known: async (target, sandboxId) => (await this.whenOpen()).known(target, sandboxId),
          },
        }),
      )
    }
    void this.open()
  }

  /** Records a change that only the console knows, or that a live socket found. */
  record(target: string, event: EngineEvent): void {
    this.recorders.get(target)?.record(event)
  }

  /** Writes what is pending and closes the database. */
  async close(): Promise<void> {
    this.isClosed = true
    for (const recorder of this.recorders.values()) recorder.close()
    if (this.flushTimer) clearTimeout(this.flushTimer)
    if (this.openTimer) clearTimeout(this.openTimer)
    await this.flushing
    await this.flush()
    this.store?.close()
    this.store = null
  }

  async page(
    target: string,
    filter: HistoryFilter,
    before?: HistoryCursor,
    sandboxId?: string,
  ): Promise<HistoryPage | HistoryUnavailable> {
    return await this.read((history) => history.page(target, filter, before, sandboxId))
  }

  async groups(
    target: string,
    filter: HistoryFilter,
    before?: HistoryCursor,
    sandboxId?: string,
  ): Promise<HistoryGroupPage | HistoryUnavailable> {
    return await this.read((history) => history.groups(target, filter, before, sandboxId))
  }

  async detail(target: string, id: number): Promise<{ entry: HistoryDetail | null } | HistoryUnavailable> {
    return await this.read(async (history) => ({ entry: await history.detail(target, id) }))
  }

  async annotate(target: string, id: number, note: HistoryNote): Promise<{ found: boolean } | HistoryUnavailable> {
    return await this.read(async (history) => ({ found: await history.annotate(target, id, note) }))
  }

  async remove(target: string, id: number): Promise<{ found: boolean } | HistoryUnavailable> {
    return await this.read(async (history) => ({ found: await history.remove(target, id) }))
  }

  private async read<Result>(work: (history: HistoryStore) => Promise<Result>): Promise<Result | HistoryUnavailable> {
    if (this.store === null) return { unavailable: this.problem }
    try {
      return await work(this.store.history)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      if (error.problem !== 'locked') this.fail(error)
      return { unavailable: error.message }
    }
  }

  private async whenOpen(): Promise<HistoryStore> {
    if (this.store === null) throw new StoreError('unusable', this.problem)
    return this.store.history
  }

  private async open(): Promise<void> {
    if (this.isClosed) return
    try {
      this.store = await openStore(this.settings.file, this.settings.migrations)
    } catch (error) {
      this.fail(error)
      return
    }
    this.retryMs = firstRetryMs
    for (const recorder of this.recorders.values()) recorder.reconcile()
    this.schedule()
  }

  /** The database cannot be used: report why, close it, and open it again later. */
  private fail(error: unknown): void {
    if (!(error instanceof StoreError)) log.error({ err: error }, 'The history failed')
    const message = error instanceof StoreError ? error.message : 'The history failed. The log of the console says why.'
    if (message !== this.problem) log.warn(message)
    this.problem = message
    this.store?.close()
    this.store = null
    if (this.openTimer) clearTimeout(this.openTimer)
    if (this.isClosed) return
    this.openTimer = setTimeout(() => void this.open(), this.retryMs)
    this.openTimer.unref()
    this.retryMs = Math.min(this.retryMs * 2, maxRetryMs)
  }

  private schedule(delayMs = flushIntervalMs): void {
    if (this.flushTimer || this.isClosed) return
    this.flushTimer = setTimeout(() => {
      this.flushTimer = null
      this.flushing = this.flush().finally(() => {
        this.flushing = null
        if (this.buffer.size > 0 && this.store !== null) this.schedule(0)
      })
    }, delayMs)
    this.flushTimer.unref()
  }

  private async flush(): Promise<void> {
    if (this.store?.isLost()) {
      this.store.close()
      this.store = null
      await this.open()
    }
    if (this.store === null) return
    const changes = this.buffer.take(maxBatch)
    if (changes.length === 0) return
    try {
      await this.store.history.write(changes)
      await this.purge()
    } catch (error) {
      this.buffer.putBack(changes)
      if (!(error instanceof StoreError && error.problem === 'locked')) this.fail(error)
      return
    }
    for (const target of this.buffer.dropped) this.recorders.get(target)?.reconcile()
    this.buffer.dropped.clear()
  }

  private async purge(): Promise<void> {
    const now = Date.now()
    if (now - this.purgedAt < purgeIntervalMs || this.store === null) return
    this.purgedAt = now
    const { days, maxEntries } = this.settings
    await this.store.history.purge({ before: now - days * dayMs, maxEntries })
  }
}
