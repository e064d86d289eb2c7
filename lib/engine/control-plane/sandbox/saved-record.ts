/** The metadata of one sandbox: changed in memory and saved whole. Clients never see a change that was not saved. */
import { log } from '@/lib/log/log'
import type { SandboxRecord } from './sandbox-record'
import type { SandboxStore } from './sandbox-store'
import type { StopCause } from './stop-cause'

/** Activity alone rewrites the metadata file at most this often. */
const activitySaveIntervalMs = 30_000

export class SavedRecord {
  private activitySavedAt = 0

  constructor(
    readonly record: SandboxRecord,
    private readonly store: SandboxStore,
  ) {}

  /** Throws when the change cannot be saved, and then reverts it. */
  change(change: Partial<SandboxRecord>): void {
    const before = { ...this.record }
    Object.assign(this.record, change)
    try {
      this.store.save(this.record)
    } catch (error) {
      Object.assign(this.record, before)
      throw error
    }
  }

  noteActivity(): void {
    const now = Date.now()
    this.record.lastActivityAt = new Date(now).toISOString()
    if (now - this.activitySavedAt < activitySaveIntervalMs) return
    this.activitySavedAt = now
    this.save()
  }

  /** Record why the sandbox stopped or is about to; saved with the next change. */
  noteStop({ reason, message }: StopCause): void {
    this.record.lastStop = { reason, at: new Date().toISOString(), message }
  }

  markStarted(authToken: string): void {
    this.record.desired = 'started'
    this.record.stoppedAt = null
    this.record.authToken = authToken
    this.touch()
  }

  /** Call before ending anything: an engine that crashes meanwhile must not restart the sandbox. */
  markStopped(cause: StopCause): void {
    this.noteStop(cause)
    this.record.desired = 'stopped'
    this.record.stoppedAt = new Date().toISOString()
    this.touch()
  }

  markDestroyed(cause: StopCause): void {
    this.noteStop(cause)
    this.record.desired = 'destroyed'
    this.write()
  }

  /** Save a change that no client requested. Failures are only logged: a full disk must not stop a sandbox. */
  save(): void {
    // The folder of a sandbox that is being deleted may not exist.
    if (this.record.desired !== 'destroyed') this.write()
  }

  private touch(): void {
    const now = new Date().toISOString()
    this.record.updatedAt = now
    this.record.lastActivityAt = now
    this.activitySavedAt = Date.now()
    this.save()
  }

  private write(): void {
    try {
      this.store.save(this.record)
    } catch (error) {
      log.error({ err: error }, `the metadata of sandbox ${this.record.id} cannot be saved`)
    }
  }
}
