/**
 * People whom an owner has invited, with their roles and sessions. A person signs in by a link that works once. All of
 * this is one small file that is always written completely: whoever opens the console's own sign-in link needs none of it.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { log } from '@/lib/log/log'
import { type Person, type Role, roles } from '@/lib/process-api/people'
import { consoleSettings } from '@/lib/settings/console-settings'
import { loadSecret, signingKeys } from './secret'
import { newTokenId, signToken, verifyToken } from './signed-token'

/** Who a session belongs to. */
export interface Identity {
  id: string
  name: string
  role: Role
}

const recordSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  /** The open sign-in link: SHA-256 of its token, and the person who made it (empty: the owner by link). */
  link: z.object({ hash: z.string(), expiresAt: z.number(), by: z.string() }).nullable(),
  /** Times in milliseconds since 1970. */
  sessions: z.array(z.object({ id: z.string(), at: z.number() })),
})
type PersonRecord = z.infer<typeof recordSchema>
const fileSchema = z.object({ version: z.literal(1), people: z.array(recordSchema) })

export const personSessionSeconds = 30 * 24 * 3600
const maxPeople = 500
const maxSessions = 20
const tokenForm = /^[A-Za-z0-9_-]{43}$/

const unknownPerson = 'This person does not exist any more.'

/** A failure is a value with a sentence, because error classes differ between the two bundles of the console. */
type Result<Value> = Value | { refused: string }

export class People {
  private people: PersonRecord[] = []
  /** Why nothing can be read or changed; null normally. */
  private problem: string | null = null
  private readonly file: string
  /** Called when the role or a session of a person ended or changed. */
  onChange: (personId: string, change: 'role' | 'sessions') => void = () => {}

  constructor(
    dataDir: string,
    /** Signs the cookies of people, and nothing else. */
    private readonly key: Uint8Array,
    private readonly now: () => number = Date.now,
  ) {
    this.file = path.join(dataDir, 'console-people.json')
    try {
      this.people = fileSchema.parse(JSON.parse(readFileSync(this.file, 'utf8'))).people
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
      // A file that cannot be read is never written over. Its people cannot sign in; the owner's link still works.
      this.problem = `The file ${this.file} cannot be read. Repair it or move it away, then restart.`
      log.error({ err: error }, this.problem)
    }
  }

  list(): Result<Person[]> {
    if (this.problem !== null) return { refused: this.problem }
    return this.people.map(({ id, name, role, link, sessions }) => {
      const current = sessions.filter((session) => this.isCurrent(session.at))
      const last = current.at(-1)
      return {
        id,
        name,
        role,
        sessions: current.length,
        signedInAt: last === undefined ? null : new Date(last.at).toISOString(),
        linkExpiresAt: link === null || !this.isUsable(link) ? null : new Date(link.expiresAt).toISOString(),
      }
    })
  }

  /** Adds a person. @param by id of the inviting person, empty for the owner by link. Returns the token of the link. */
  invite(person: { name: string; role: Role }, hours: number, by: string): Result<{ token: string }> {
    if (this.people.length >= maxPeople) return { refused: `There are ${maxPeople} people, which is the limit.` }
    const { token, link } = this.newLink(hours, by)
    const added = { id: randomBytes(12).toString('base64url'), ...person, link, sessions: [] }
    return this.save([...this.people, added]) ?? { token }
  }

  /** Makes a new sign-in link for a person, for another browser or a lost one. The open link of the person ends. */
  createLink(id: string, hours: number, by: string): Result<{ token: string }> {
    const { token, link } = this.newLink(hours, by)
    return this.change(id, (person) => ({ ...person, link })) ?? { token }
  }

  /** @returns null if done */
  changeRole(id: string, role: Role): { refused: string } | null {
    const refused = this.change(id, (person) => ({ ...person, role }))
    if (refused === null) this.onChange(id, 'role')
    return refused
  }

  /** Ends all sessions of a person and the open link. @returns null if done */
  endSessions(id: string): { refused: string } | null {
    const refused = this.change(id, (person) => ({ ...person, sessions: [], link: null }))
    if (refused === null) this.onChange(id, 'sessions')
    return refused
  }

  /** @returns null if done */
  remove(id: string): { refused: string } | null {
    if (!this.people.some((person) => person.id === id)) return { refused: unknownPerson }
    const refused = this.save(this.people.filter((person) => person.id !== id))
    if (refused === null) this.onChange(id, 'sessions')
    return refused
  }

  /** Exchanges the token of a link for the value of a session cookie. A token works once. Null if it is not valid. */
  redeem(token: string): string | null {
    if (!tokenForm.test(token)) return null
    const hash = hashOf(token)
    const person = this.people.find(({ link }) => link?.hash === hash)
    if (!person?.link || !this.isUsable(person.link)) return null
    const session = { id: newTokenId(), at: this.now() }
    const sessions = [...person.sessions.filter(({ at }) => this.isCurrent(at)), session].slice(-maxSessions)
    // Without the write, the link would work again after a restart.
    if (this.change(person.id, (known) => ({ ...known, link: null, sessions })) !== null) return null
    return signToken({ id: session.id, seconds: Math.floor(session.at / 1000) }, this.key)
  }

  /** The session of a cookie value, with the present role; null when it is forged, expired or ended. */
  authenticate(value: string): { id: string; issuedAt: number; person: Identity } | null {
    const token = verifyToken(value, this.key)
    if (token === null || !this.isCurrent(token.seconds * 1000)) return null
    const person = this.people.find(({ sessions }) => sessions.some(({ id }) => id === token.id))
    if (person === undefined) return null
    return { id: token.id, issuedAt: token.seconds, person: { id: person.id, name: person.name, role: person.role } }
  }

  /** Ends one session. */
  endSession(personId: string, sessionId: string): void {
    this.change(personId, (person) => ({
      ...person,
      sessions: person.sessions.filter(({ id }) => id !== sessionId),
    }))
  }

  private newLink(hours: number, by: string) {
    const token = randomBytes(32).toString('base64url')
    return { token, link: { hash: hashOf(token), expiresAt: this.now() + hours * 3_600_000, by } }
  }

  /** A link ends with its time, and when its maker has left or is not an owner any more. */
  private isUsable(link: NonNullable<PersonRecord['link']>): boolean {
    if (link.expiresAt <= this.now()) return false
    return link.by === '' || this.people.some(({ id, role }) => id === link.by && role === 'owner')
  }

  private isCurrent(at: number): boolean {
    return at + personSessionSeconds * 1000 > this.now()
  }

  private change(id: string, changed: (person: PersonRecord) => PersonRecord): { refused: string } | null {
    if (!this.people.some((person) => person.id === id)) return { refused: unknownPerson }
    return this.save(this.people.map((person) => (person.id === id ? changed(person) : person)))
  }

  /** Writes the file, and only then uses what it contains. */
  private save(people: PersonRecord[]): { refused: string } | null {
    if (this.problem !== null) return { refused: this.problem }
    const temporary = `${this.file}.${process.pid}`
    try {
      writeFileSync(temporary, JSON.stringify({ version: 1, people }), { mode: 0o600, flush: true })
      renameSync(temporary, this.file)
    } catch (error) {
      rmSync(temporary, { force: true })
      log.error({ err: error }, 'The people of the console could not be saved')
      return { refused: `The change could not be saved in ${this.file}. Nothing was changed.` }
    }
    this.people = people
    return null
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

const shared = Symbol.for('sandglass.people')

/** The people of this process, for its server and its pages, which do not share modules. */
export function people(): People {
  const known: unknown = Reflect.get(globalThis, shared)
  if (known !== undefined) return known as People
  const { dataDir } = consoleSettings()
  const opened = new People(dataDir, signingKeys(loadSecret(dataDir)).person)
  Object.assign(globalThis, { [shared]: opened })
  return opened
}
