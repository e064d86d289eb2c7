/** One session as it is known: its facts and its commands on disk, and the live shell behind it while there is one. */
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import type { UnverifiedReason } from '@/lib/process-api/execution'
import type { EngineEvent } from '@/lib/process-api/extensions'
import type { SessionState, SessionSummary } from '@/lib/process-api/process'
import type { StateFolder } from '../../state/files'
import { signText } from '../../state/record-codes'
import { verifyRecords } from '../execution/check-records'
import { type ExecutionStore, storageError } from '../execution/store'
import type { ReadServices } from '../services/services'
import { wholeCommand } from './command-text'
import {
  type CommandDetails,
  type CommandRecord,
  commandDetailOf,
  commandDetailsSchema,
  factsName,
  type SessionFacts,
  sessionSummaryOf,
  verdictOf,
} from './session-record'

/** How the shell of a session ended, as clients see it. */
export interface SessionEnd {
  exitCode: number | null
  signal: string | null
  message: string | null
}

/** What a live shell adds: how busy it is. */
export interface Activity {
  readonly isBusy: boolean
  readonly queued: number
}

const noActivity: Activity = { isBusy: false, queued: 0 }

export class Session {
  readonly commands: ExecutionStore<CommandDetails>
  /** The entrypoint session, which clients cannot use, delete or list. */
  readonly isSystem: boolean
  /** Why its facts cannot be verified; undefined where they were not read from disk. */
  private readonly unverified: UnverifiedReason | null | undefined
  activity: Activity = noActivity
  isDeleted = false
  private lastEnded: CommandRecord | null

  /** @param folder the session's own; its name has nothing to do with the id */
  constructor(
    private readonly services: ReadServices,
    readonly folder: StateFolder,
    private facts: SessionFacts,
    options: { system?: boolean; unverified?: UnverifiedReason | null } = {},
  ) {
    this.isSystem = options.system ?? false
    this.unverified = options.unverified
    this.commands = services.openExecutions({ folder: folder.folder('commands'), details: commandDetailsSchema })
    this.lastEnded = this.commands.list().findLast((record) => record.hasEnded) ?? null
  }

  get id(): string {
    return this.facts.sessionId
  }

  /** Name of the folder; it also marks the session's processes. */
  get key(): string {
    return this.folder.name
  }

  get state(): SessionState {
    if (this.facts.hasEnded) return 'ended'
    return this.activity.isBusy ? 'running' : 'idle'
  }

  get message(): string | null {
    return this.facts.message
  }

  summary(): SessionSummary {
    return sessionSummaryOf(this.facts, {
      state: this.state,
      commandCount: this.commands.size,
      queuedCount: this.activity.queued,
      lastVerdict: this.lastEnded === null ? null : verdictOf(this.lastEnded),
      system: this.isSystem,
      verified: this.unverified === undefined ? null : this.unverified === null,
      unverifiedReason: this.unverified ?? null,
    })
  }

  /** All of a command's text; null where it cannot be read any more. */
  textOf(record: CommandRecord): string | null {
    return wholeCommand(this.commands, record)
  }

  /** What it and its commands are now, as events. */
  *present(): Generator<EngineEvent> {
    const { sandboxId } = this.services.config
    yield { type: 'session', sandboxId, session: this.summary() }
    for (const record of this.commands.each()) {
      yield { type: 'command', sandboxId, sessionId: this.id, command: commandDetailOf(record) }
    }
  }

  /** Throws `NOT_FOUND`. */
  command(id: string): CommandRecord {
    const record = this.commands.get(id)
    if (!record) throw new ApiError('NOT_FOUND', 'command not found')
    return record
  }

  /** Compare its commands with what was recorded, where they were read from disk. */
  check(): Promise<void> {
    return verifyRecords(this.commands.each())
  }

  /** Write the facts. Throws an `ApiError` where that fails. */
  save(): void {
    try {
      this.folder.make()
      const file = this.folder.file(factsName)
      file.replace(signText(this.folder.codes, file.location, JSON.stringify(this.facts)))
    } catch (error) {
      throw storageError(error)
    }
  }

  /** The shell has ended. The first end counts. */
  end(end: SessionEnd): void {
    if (this.facts.hasEnded) return
    const unverified = this.unverified ? { unverified: this.unverified } : {}
    this.facts = { ...this.facts, ...end, ...unverified, endedAt: new Date().toISOString(), hasEnded: true }
    this.activity = noActivity
    if (this.services.readOnly || this.isDeleted) return
    try {
      this.save()
    } catch (error) {
      // The next start of the toolbox finds the session ended in any case.
      log.error({ err: error }, `the end of session ${this.key} could not be recorded`)
    }
    this.announce()
  }

  /** Report the command as it is now, and every later change, to the push channel. */
  watch(record: CommandRecord): void {
    let ended = false
    record.onChange((change) => {
      // Its survivors may change it later, when others have ended.
      if (!ended && record.hasEnded) this.lastEnded = record
      ended = record.hasEnded
      this.announceCommand(record)
      if (change === 'state') this.announce()
    })
    this.announceCommand(record)
    this.announce()
  }

  announce(): void {
    const { events, config } = this.services
    if (!events.hasSubscribers || this.isDeleted || this.isSystem) return
    events.publish({ type: 'session', sandboxId: config.sandboxId, session: this.summary() })
  }

  /** Forget everything and delete the files. */
  async remove(): Promise<void> {
    this.isDeleted = true
    this.commands.abandon()
    // Without this file the folder is no session any more, however far the deletion gets.
    this.folder.file(factsName).remove()
    const { events, config } = this.services
    events.publish({ type: 'session-deleted', sandboxId: config.sandboxId, sessionId: this.id })
    await this.folder.remove()
  }

  private announceCommand(record: CommandRecord): void {
    const { events, config } = this.services
    if (!events.hasSubscribers || this.isDeleted || this.isSystem) return
    events.publish({
      type: 'command',
      sandboxId: config.sandboxId,
      sessionId: this.id,
      command: commandDetailOf(record),
    })
  }
}
