/** The metadata of one sandbox: changed in memory, saved whole, and never newer in memory than a client was told. */
import type { SandboxRecord } from './sandbox-record'
import type { SandboxStore } from './sandbox-store'
import type { StopCause } from './stop-cause'

/** Activity changes the metadata file at most this often. */
const saveActivityMs = 30_000

export class KeptRecord {
  private activitySavedAt = 0

  constructor(
    readonly record: SandboxRecord,
    private readonly store: SandboxStore,
  ) {}

  /** Throws when the change cannot be saved, and then nothing changed. */
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
    if (now - this.activitySavedAt < saveActivityMs) return
    this.activitySavedAt = now
    this.save()
  }

  /** Keep why it stopped, or is about to; saved with the change that follows. */
  noteStop({ reason, message }: StopCause): void {
    this.record.lastStop = { reason, at: new Date().toISOString(), message }
  }

  wantStarted(authToken: string): void {
    this.record.desired = 'started'
    this.record.stoppedAt = null
    this.record.authToken = authToken
    this.touch()
  }

  /** Saved before anything is ended: an engine that dies meanwhile must not bring the sandbox back. */
  wantStopped(cause: StopCause): void {
    this.noteStop(cause)
    this.record.desired = 'stopped'
    this.record.stoppedAt = new Date().toISOString()
    this.touch()
  }

  wantDestroyed(cause: StopCause): void {
    this.noteStop(cause)
    this.record.desired = 'destroyed'
    this.write()
  }

  /** For what a client did not ask for: a full disk must not stop a sandbox from running. */
  save(): void {
    // One that is on its way out has no folder to save to.
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
      console.error(`the metadata of sandbox ${this.record.id} cannot be saved:`, error)
    }
  }
}
