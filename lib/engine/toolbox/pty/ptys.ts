/** The PTYs of a sandbox. */
import path from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { defaultTerm } from '@/lib/process-api/pty'
import type { LimitWatch } from '../../linux/limit-watch'
import { membersOf } from '../../linux/process-tree'
import { checkFolder } from '../process/child'
import type { InputWatches } from '../process/input-wait/input-watches'
import type { Starter } from '../process/starter'
import type { ToolboxServices } from '../services/services'
import { type PtyOwner, PtySession, type PtySettings } from './pty-session'
import { Recordings } from './recordings'
import { Screens } from './screen/screens'

export class Ptys implements PtyOwner {
  readonly screens: Screens
  private readonly sessions = new Map<string, PtySession>()
  private openedRecordings: Recordings | null = null
  private createdCount = 0

  constructor(private readonly services: ToolboxServices) {
    this.screens = new Screens(() => services.config.assetsDir)
    services.owners.add((snapshot) =>
      this.list().map((session) => ({
        owner: { kind: 'pty', ptyId: session.id },
        entries: membersOf(session.roots, snapshot),
      })),
    )
    services.events.addSource(() => this.currentEvents())
    services.shutdown.add(async () => {
      await Promise.all([...this.sessions.values()].map((session) => session.kill()))
    })
  }

  /** One event for each PTY, for a client that has just subscribed. */
  *currentEvents(): Generator<EngineEvent> {
    const { sandboxId } = this.services.config
    for (const session of this.sessions.values()) yield { type: 'pty', sandboxId, pty: session.toDetail() }
  }

  get shell(): string {
    return this.services.shell
  }

  get starter(): Starter {
    return this.services.starter
  }

  get limits(): LimitWatch {
    return this.services.limits
  }

  get inputWatches(): InputWatches {
    return this.services.inputWatches
  }

  /** Opened at the first use: a warm toolbox does not know its folders when it starts. */
  get recordings(): Recordings {
    const { config, state } = this.services
    this.openedRecordings ??= new Recordings(state.folder('pty-recordings'), config.limits.journalBytes)
    return this.openedRecordings
  }

  /** Throws a 409 where the id is in use. */
  requireUnusedId(id: string): void {
    if (this.sessions.has(id)) throw ptyError('CONFLICT', `PTY session with ID '${id}' already exists`)
  }

  /** Throws a 429 where the sandbox has as many PTYs as it may have. */
  private requireCapacity(): void {
    const { ptys } = this.services.config.limits
    if (this.sessions.size < ptys) return
    const message = `this sandbox has reached its limit of ${ptys} PTYs (SANDGLASS_MAX_PTYS); delete one that is not needed`
    throw ptyError('TOO_MANY_REQUESTS', message)
  }

  /** Create a session, whose shell is not started yet. */
  add(settings: PtySettings): PtySession {
    if (this.services.shutdown.hasStarted) throw ptyError('CONFLICT', 'the sandbox is stopping')
    this.requireUnusedId(settings.id)
    this.requireCapacity()
    this.createdCount += 1
    const session = new PtySession(settings, this, `pty-${this.services.instanceId}-${this.createdCount}`)
    this.sessions.set(settings.id, session)
    this.changed(session)
    return session
  }

  /** Start the session's shell. Where that fails, remove the session and rethrow the error. */
  async start(session: PtySession): Promise<void> {
    try {
      await session.start()
    } catch (error) {
      this.ended(session)
      throw error
    }
  }

  find(id: string): PtySession | undefined {
    return this.sessions.get(id)
  }

  list(): PtySession[] {
    return [...this.sessions.values()]
  }

  /** The settings with the reference's defaults. Throws a `SpawnError` where the folder cannot be used. */
  settings(request: {
    id: string
    cwd: string | null
    envs: Record<string, string>
    cols: number
    rows: number
    lazyStart: boolean
  }): PtySettings {
    const cwd = path.resolve(this.services.config.workDir, request.cwd || '.')
    checkFolder(cwd)
    return { ...request, cwd, envs: { TERM: defaultTerm, ...request.envs } }
  }

  environment(settings: PtySettings, mark: string): Record<string, string> {
    return this.services.childEnvironment(settings.envs, mark)
  }

  changed(session: PtySession): void {
    if (!this.services.events.hasSubscribers || this.sessions.get(session.id) !== session) return
    const { sandboxId } = this.services.config
    this.services.events.publish({ type: 'pty', sandboxId, pty: session.toDetail() })
  }

  ended(session: PtySession): void {
    if (this.sessions.get(session.id) !== session) return
    this.sessions.delete(session.id)
    if (!this.services.events.hasSubscribers) return
    const { sandboxId } = this.services.config
    this.services.events.publish({ type: 'pty-deleted', sandboxId, ptyId: session.id })
  }
}

/** A PTY error has both the reference's body, `{"error": …}`, and the fields of the envelope. */
export function ptyError(
  code: 'BAD_REQUEST' | 'NOT_FOUND' | 'CONFLICT' | 'GONE' | 'TOO_MANY_REQUESTS' | 'INTERNAL_SERVER_ERROR',
  text: string,
) {
  return new ApiError(code, text, { error: text })
}
