/** The sessions of a sandbox by id, read from disk at the start and stored there. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import type { UnverifiedReason } from '@/lib/process-api/execution'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { isMissing, type StateFolder } from '../../state/files'
import { type Authenticity, checkText } from '../../state/record-codes'
import { summarizeError } from '../../state/summarize-error'
import { requireBelowLimit } from '../services/count-limit'
import type { ReadServices } from '../services/services'
import { openEntrypoint } from './entrypoint'
import { Session } from './session'
import { type CommandRecord, factsName, longestFacts, type SessionFacts, sessionFactsSchema } from './session-record'

export const entrypointId = 'entrypoint'

const folderNameSchema = z.uuid()
const lostMessage = 'The sandbox was interrupted, and the shell of this session with it.'

export class SessionStore {
  private readonly sessions = new Map<string, Session>()
  private readonly entrypoint: Session
  private readonly folder: StateFolder
  private nextOrder = 1

  constructor(private readonly services: ReadServices) {
    this.folder = services.state.folder('sessions')
    if (!services.readOnly) this.folder.make()
    this.load()
    this.entrypoint = openEntrypoint(services, services.state.folder(entrypointId))
  }

  /** All but the entrypoint session, in the order in which they were created. */
  list(): Session[] {
    return [...this.sessions.values()]
  }

  /** The commands of all of them. */
  *commands(): Generator<CommandRecord> {
    for (const session of this.sessions.values()) yield* session.commands.each()
  }

  /** All of them and their commands, as events. */
  *present(): Generator<EngineEvent> {
    for (const session of this.sessions.values()) yield* session.present()
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
    requireBelowLimit(this.services.config.limits.sessions, this.sessions.size, 'sessions', 'SANDGLASS_MAX_SESSIONS')
    const session = new Session(this.services, this.folder.folder(randomUUID()), {
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

  /** The session is no longer found; its files stay until `Session.remove`. */
  forget(session: Session): void {
    this.sessions.delete(session.id)
    session.isDeleted = true
  }

  close(): void {
    for (const session of this.sessions.values()) session.commands.close()
    this.entrypoint.commands.close()
  }

  private load(): void {
    const found: Array<{ session: Session; facts: SessionFacts; isAuthentic: boolean }> = []
    for (const name of this.folder.names()) {
      if (!folderNameSchema.safeParse(name).success) continue
      const folder = this.folder.folder(name)
      try {
        const { facts, unverified } = readFacts(folder)
        const session = new Session(this.services, folder, facts, { unverified })
        found.push({ session, facts, isAuthentic: unverified === null })
      } catch (error) {
        if (isMissing(error) && !this.services.readOnly) void this.clear(folder)
        else log.error({ reason: summarizeError(error) }, `session ${name} could not be read`)
      }
    }
    found.sort((a, b) => a.facts.order - b.facts.order)
    this.nextOrder = (found.at(-1)?.facts.order ?? 0) + 1
    // Of two with one id the authentic one counts: who plants a second one hides nothing.
    const counting = new Map<string, Session>()
    for (const { session, isAuthentic } of found) {
      if (isAuthentic || !counting.has(session.id)) counting.set(session.id, session)
    }
    for (const { session } of found) {
      if (counting.get(session.id) === session) this.sessions.set(session.id, session)
      else log.error(`session ${session.key} could not be read: another one has its id`)
    }
    for (const session of this.sessions.values()) session.end({ exitCode: null, signal: null, message: lostMessage })
  }

  /** What is left of a session that was being deleted. */
  private async clear(folder: StateFolder): Promise<void> {
    try {
      await folder.remove()
    } catch (error) {
      log.error({ err: error }, 'what is left of a session could not be removed')
    }
  }
}

/** Throws where they cannot be read. */
function readFacts(folder: StateFolder): { facts: SessionFacts; unverified: UnverifiedReason | null } {
  const file = folder.file(factsName)
  const { body, authenticity: standing } = checkText(
    folder.codes,
    file.location,
    file.read(longestFacts).toString('utf8'),
  )
  const facts = sessionFactsSchema.parse(JSON.parse(body))
  if (facts.sessionId === entrypointId) throw new Error('its id is reserved')
  return { facts, unverified: doubtOf(standing) ?? facts.unverified ?? null }
}

function doubtOf(standing: Authenticity): UnverifiedReason | null {
  if (standing === 'authentic') return null
  return standing === 'unsigned' ? 'unsigned' : 'record'
}
