/** What can be done with the sessions of a running sandbox. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import type { LiveProcess } from '@/lib/process-api/extensions'
import { sessionIdSchema } from '@/lib/process-api/ids'
import type { ProcessSnapshot } from '../../linux/process-table'
import { explainSpawn, SpawnError } from '../../linux/spawn-error'
import { checkFolder } from '../process/child'
import { checkEnvs } from '../process/environment'
import type { Owned } from '../process/process-owners'
import type { ToolboxServices } from '../services/services'
import { LiveSession, sessionEnded } from './live-session'
import type { Session } from './session'
import { describeMembers } from './session-processes'
import type { CommandRecord, NewCommand } from './session-record'
import { findSessionShell } from './session-shell-binary'
import { entrypointId, type SessionStore } from './session-store'
import type { SessionShell } from './shell'
import { startShell } from './start-shell'
import { SurvivorScanner } from './survivor-scanner'

export interface NewSession {
  sessionId: string
  /** Relative to the working directory; `start` where null or empty. */
  cwd: string | null
  envs: Readonly<Record<string, string>>
  /** Absolute. */
  defaultCwd: string
}

export class Sessions {
  /** Sessions with a shell, and ended ones that may have left processes behind. */
  private readonly live = new Map<Session, LiveSession>()
  private readonly survivors = new SurvivorScanner()

  constructor(
    private readonly services: ToolboxServices,
    readonly store: SessionStore,
  ) {
    services.owners.add((snapshot) => this.owned(snapshot))
    services.events.addSource(() => store.present())
  }

  /** Start a shell. Throws an `ApiError` with a plain sentence; then there is no session. */
  async create({ sessionId: id, cwd, envs, defaultCwd }: NewSession): Promise<Session> {
    this.refuseAtShutdown()
    if (id === entrypointId) {
      throw new ApiError('BAD_REQUEST', 'provided session ID is reserved and cannot be created/overridden')
    }
    const checked = sessionIdSchema.safeParse(id)
    if (!checked.success) {
      throw new ApiError('INVALID_REQUEST_BODY', checked.error.issues[0]?.message ?? 'the session id is not accepted')
    }
    checkEnvs(envs)
    const folder = path.resolve(defaultCwd, cwd ?? '')
    refuseBadFolder(folder)
    const session = this.store.create(id, folder)
    try {
      const watched = this.services.limits.watch({ isIdle: true })
      const shell = await this.startShell(session, folder, envs)
      const live = new LiveSession(session, shell, this.survivors, watched, this.services)
      this.live.set(session, live)
      session.announce()
      return session
    } catch (error) {
      this.store.forget(session)
      await session.remove()
      throw error
    }
  }

  /** Run or queue a command. */
  exec(session: Session, details: NewCommand): CommandRecord {
    this.refuseAtShutdown()
    if (session.isSystem) throw new ApiError('BAD_REQUEST', "can't execute command in entrypoint session")
    refuseLongCommand(details.command, this.services.config.limits.commandBytes)
    if (details.command.includes('\0')) throw new ApiError('BAD_REQUEST', 'the command contains a NUL character')
    const live = this.live.get(session)
    if (!live) throw sessionEnded()
    return live.exec(details)
  }

  input(session: Session, record: CommandRecord, data: Buffer, eof: boolean): void {
    if (session.isSystem) throw new ApiError('BAD_REQUEST', "can't send input to entrypoint session")
    this.activeOf(session, record).input(record, data, eof)
  }

  signal(session: Session, record: CommandRecord, signal: Parameters<LiveSession['signal']>[1]): void {
    if (session.isSystem) throw new ApiError('BAD_REQUEST', "can't send a signal to entrypoint session")
    this.activeOf(session, record).signal(record, signal)
  }

  /** End a command with all that it started; of one that has ended, what it left behind. */
  async stop(session: Session, record: CommandRecord): Promise<void> {
    if (session.isSystem) throw new ApiError('BAD_REQUEST', "can't stop a command of entrypoint session")
    await this.live.get(session)?.stop(record)
  }

  /** What of a session is alive now, without its shell. */
  processes(session: Session): LiveProcess[] {
    const live = this.live.get(session)
    return live ? describeMembers(live.processes.members()) : []
  }

  /** Update the survivors of a session's commands now. */
  refresh(session: Session): void {
    const live = this.live.get(session)
    if (live) this.survivors.scanNow(session, live.processes)
  }

  /** End a session at once and forget it. @param keep pids that live on */
  async delete(session: Session, keep: ReadonlySet<number>): Promise<void> {
    if (session.isSystem) throw new ApiError('BAD_REQUEST', "can't delete entrypoint session")
    this.store.forget(session)
    await this.live.get(session)?.close('session-deleted', keep)
    this.live.delete(session)
    this.survivors.forget(session)
    await session.remove()
  }

  async shutdown(): Promise<void> {
    await Promise.all([...this.live.values()].map((live) => live.close('sandbox-stopped', new Set())))
    this.store.close()
  }

  private owned(snapshot: ProcessSnapshot): Owned[] {
    return [...this.live].flatMap(([session, live]) => live.processes.owned(session.id, snapshot))
  }

  private async startShell(
    session: Session,
    cwd: string,
    envs: Readonly<Record<string, string>>,
  ): Promise<SessionShell> {
    const { config, pipes, starter } = this.services
    const { binary, kind } = findSessionShell(config.basePath)
    const env = this.services.childEnvironment(envs, session.key)
    try {
      return await startShell(kind, { binary: shortName(binary, env.PATH), cwd, env, pipes, starter })
    } catch (error) {
      const message = error instanceof SpawnError ? error.message : explainSpawn(error, binary)
      throw new ApiError('INTERNAL_SERVER_ERROR', message, {}, { cause: error })
    }
  }

  /** Throws for a command that has ended. */
  private activeOf(session: Session, record: CommandRecord): LiveSession {
    const live = this.live.get(session)
    if (live && !record.hasEnded) return live
    const code = record.exitCode ?? 'unknown'
    throw new ApiError('COMMAND_ALREADY_COMPLETED', `command has already completed with exit code ${code}`)
  }

  private refuseAtShutdown(): void {
    if (this.services.shutdown.hasStarted) throw new ApiError('SERVICE_UNAVAILABLE', 'the sandbox is being stopped')
  }
}

function refuseLongCommand(command: string, limit: number): void {
  if (Buffer.byteLength(command) <= limit) return
  const sentence = `the command is longer than ${limit} bytes; upload it as a file and run that`
  throw new ApiError('PAYLOAD_TOO_LARGE', sentence, { limit })
}

function refuseBadFolder(folder: string): void {
  if (folder.includes('\0')) throw new ApiError('BAD_REQUEST', 'the working directory contains a NUL character')
  try {
    checkFolder(folder)
  } catch (error) {
    if (error instanceof SpawnError) throw new ApiError('BAD_REQUEST', error.message)
    throw error
  }
}

/** The bare name where the child would find the same program by it: error messages then begin as one is used to. */
function shortName(binary: string, searchPath = ''): string {
  const { base: name } = path.parse(binary)
  const found = searchPath.split(':').find((folder) => path.isAbsolute(folder) && existsSync(path.join(folder, name)))
  return found !== undefined && path.join(found, name) === binary ? name : binary
}
