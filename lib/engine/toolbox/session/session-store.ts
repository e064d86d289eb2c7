/** The sessions of a sandbox by id, read from disk at the start and kept there. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import { requireBelow } from '../ceiling'
import type { ReadServices } from '../services'
import { openEntrypoint } from './entrypoint'
import { Session } from './session'
import { sessionFacts } from './session-record'

export const entrypointId = 'entrypoint'

const lostMessage = 'The sandbox was interrupted, and the shell of this session with it.'

export class SessionStore {
  private readonly sessions = new Map<string, Session>()
  private readonly entrypoint: Session
  private readonly folder: string
  private nextOrder = 1

  constructor(private readonly services: ReadServices) {
    this.folder = path.join(services.config.stateDir, 'sessions')
    if (!services.readOnly) mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    this.load()
    this.entrypoint = openEntrypoint(services, path.join(services.config.stateDir, entrypointId))
  }

  /** All but the entrypoint session, in the order in which they were created. */
  list(): Session[] {
    return [...this.sessions.values()]
  }

  /** Throws `NOT_FOUND`. */
  get(id: string): Session {
    const session = id === entrypointId ? this.entrypoint : this.sessions.get(id)
    if (!session) throw new ApiError('NOT_FOUND', 'session not found')
    return session
  }

  /** A new session, on disk when this returns; of two that ask for one id the second gets `CONFLICT`. 429 at the limit. */
  create(id: string, cwd: string): Session {
    if (this.sessions.has(id)) throw new ApiError('CONFLICT', 'session already exists')
    requireBelow(this.services.config.limits.sessions, this.sessions.size, 'sessions', 'SANDGLASS_MAX_SESSIONS')
    const session = new Session(this.services, path.join(this.folder, randomUUID()), {
      format: 1,
      sessionId: id,
      order: this.nextOrder,
      createdAt: new Date().toISOString(),
      cwd,
      endedAt: null,
      exitCode: null,
      signal: null,
      message: null,
      hasEnded: false,
    })
    session.save()
    this.nextOrder += 1
    this.sessions.set(id, session)
    return session
  }

  /** From now on nobody finds the session; its files stay until `Session.remove`. */
  forget(session: Session): void {
    this.sessions.delete(session.id)
    session.isDeleted = true
  }

  close(): void {
    for (const session of this.sessions.values()) session.commands.close()
    this.entrypoint.commands.close()
  }

  private load(): void {
    const found: Array<{ session: Session; order: number }> = []
    for (const name of namesIn(this.folder)) {
      const folder = path.join(this.folder, name)
      try {
        const facts = sessionFacts.parse(JSON.parse(readFileSync(path.join(folder, 'session.json'), 'utf8')))
        found.push({ session: new Session(this.services, folder, facts), order: facts.order })
      } catch (error) {
        if (isMissing(error) && !this.services.readOnly) rmSync(folder, { recursive: true, force: true })
        else console.error(`session ${name} could not be read:`, error)
      }
    }
    found.sort((a, b) => a.order - b.order)
    this.nextOrder = (found.at(-1)?.order ?? 0) + 1
    for (const { session } of found) {
      this.sessions.set(session.id, session)
      session.end({ exitCode: null, signal: null, message: lostMessage })
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
