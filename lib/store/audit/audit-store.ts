/** The database of the audit log: a file of its own, so that no repair of other data touches it. Rows are only added. */
import { closeSync, openSync, statSync } from 'node:fs'
import { type Client, createClient, type InStatement } from '@libsql/client'
import { and, asc, desc, eq, gt, gte, inArray, like, lt, lte, ne, type SQL, sql } from 'drizzle-orm'
import { drizzle, type LibSQLDatabase } from 'drizzle-orm/libsql'
import { type AuditEntry, type AuditFilter, type AuditPage, auditPageSize } from '@/lib/process-api/audit'
import { migrate } from '../migrate'
import { toStoreError } from '../store-error'
import { auditEntries } from './schema'

/** Calls of the database are synchronous, so waiting for a lock stops the console. Callers try again instead. */
const busyTimeoutMs = 100

/** The index of texts has all sequences of three characters. */
const minIndexedLength = 3

export type AuditRow = typeof auditEntries.$inferSelect

/** Number and hash of the last entry. */
export interface AuditHead {
  seq: number
  hash: string
}

export class AuditStore {
  private readonly database: LibSQLDatabase<Record<string, never>>

  private constructor(
    private readonly client: Client,
    private readonly file: string,
    private readonly identity: { ino: number; dev: number },
  ) {
    this.database = drizzle(client)
  }

  /**
   * Opens the database, creates it if it is missing, and brings it to the present version.
   * @throws StoreError with a sentence for a person
   */
  static async open(file: string, migrations: string): Promise<AuditStore> {
    let client: Client | null = null
    try {
      // SQLite gives its journals the permissions of the database.
      closeSync(openSync(file, 'a', 0o600))
      client = createClient({ url: `file:${encodeURI(file)}`, timeout: busyTimeoutMs })
      await client.execute('PRAGMA journal_mode = WAL')
      await migrate(client, migrations, file)
      const { ino, dev } = statSync(file)
      return new AuditStore(client, file, { ino, dev })
    } catch (error) {
      client?.close()
      throw toStoreError(error, file)
    }
  }

  /** True if the file is no longer the one that was opened: it was deleted or replaced. */
  isLost(): boolean {
    const found = statSync(this.file, { throwIfNoEntry: false })
    return found?.ino !== this.identity.ino || found.dev !== this.identity.dev
  }

  /** Closes the database, with all entries in its main file so that a copy of this one file is whole. */
  async close(): Promise<void> {
    await this.client.execute('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => undefined)
    this.client.close()
  }

  /** The last entry; null if there is none. */
  async head(): Promise<AuditHead | null> {
    return await this.run(async () => {
      const [row] = await this.database
        .select({ seq: auditEntries.seq, hash: auditEntries.hash })
        .from(auditEntries)
        .orderBy(desc(auditEntries.seq))
        .limit(1)
      return row ?? null
    })
  }

  /** Adds entries in one transaction. Fails if one of their numbers exists. */
  async append(rows: readonly AuditRow[]): Promise<void> {
    await this.run(async () => {
      const statements: InStatement[] = rows.map((row) => {
        const { sql: text, params } = this.database.insert(auditEntries).values(row).toSQL()
        return { sql: text, args: params as (string | number)[] }
      })
      try {
        await this.client.batch(statements, 'write')
      } catch (error) {
        // A connection that failed because of a lock cannot commit any more.
        this.client.reconnect()
        throw error
      }
    })
  }

  /** A page, newest first. */
  async page(filter: AuditFilter, before?: number): Promise<AuditPage> {
    const rows = await this.run(async () => {
      const conditions = conditionsOf(filter)
      if (before !== undefined) conditions.push(lt(auditEntries.seq, before))
      const words = filter.words.filter((word) => [...word].length >= minIndexedLength)
      if (words.length === 0) {
        return await this.database
          .select()
          .from(auditEntries)
          .where(and(...conditions))
          .orderBy(desc(auditEntries.seq))
          .limit(auditPageSize + 1)
      }
      // The index of texts returns its rows newest first, so a page needs no list of all matches.
      const match = words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' ')
      return await this.database
        .select(columns)
        .from(auditEntries)
        .innerJoin(sql`audit_search`, sql`audit_search.rowid = ${auditEntries.seq}`)
        .where(
          and(
            sql`audit_search MATCH ${match}`,
            before === undefined ? undefined : sql`audit_search.rowid < ${before}`,
            ...conditions,
          ),
        )
        .orderBy(sql`audit_search.rowid DESC`)
        .limit(auditPageSize + 1)
    })
    const shown = rows.slice(0, auditPageSize)
    return { entries: shown.map(toEntry), next: rows.length > auditPageSize ? (shown.at(-1)?.seq ?? null) : null }
  }

  /** Rows in the order of their numbers, for verification and exports. */
  async after(seq: number, limit: number, filter: AuditFilter = { words: [] }): Promise<AuditRow[]> {
    return await this.run(
      async () =>
        await this.database
          .select()
          .from(auditEntries)
          .where(and(gt(auditEntries.seq, seq), ...conditionsOf(filter)))
          .orderBy(asc(auditEntries.seq))
          .limit(limit),
    )
  }

  private async run<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw toStoreError(error, this.file)
    }
  }
}

const columns = {
  seq: auditEntries.seq,
  at: auditEntries.at,
  actorKind: auditEntries.actorKind,
  actorId: auditEntries.actorId,
  actorName: auditEntries.actorName,
  role: auditEntries.role,
  address: auditEntries.address,
  kind: auditEntries.kind,
  action: auditEntries.action,
  target: auditEntries.target,
  sandboxId: auditEntries.sandboxId,
  subject: auditEntries.subject,
  result: auditEntries.result,
  durationMs: auditEntries.durationMs,
  hash: auditEntries.hash,
}

function conditionsOf(filter: AuditFilter): SQL[] {
  const short = filter.words.filter((word) => [...word].length < minIndexedLength)
  const conditions: (SQL | undefined)[] = [
    filter.actorId === undefined ? undefined : eq(auditEntries.actorId, filter.actorId),
    filter.person === undefined ? undefined : like(auditEntries.actorName, `%${escapeLike(filter.person)}%`),
    filter.sandboxId === undefined ? undefined : eq(auditEntries.sandboxId, filter.sandboxId),
    filter.target === undefined ? undefined : inArray(auditEntries.target, [filter.target, '']),
    filter.action === undefined ? undefined : eq(auditEntries.action, filter.action),
    filter.kind === undefined ? undefined : eq(auditEntries.kind, filter.kind),
    filter.failed ? ne(auditEntries.result, 'ok') : undefined,
    filter.since === undefined ? undefined : gte(auditEntries.at, filter.since),
    filter.until === undefined ? undefined : lte(auditEntries.at, filter.until),
    ...short.map(
      (word) =>
        sql`${auditEntries.actorName} || ' ' || ${auditEntries.action} || ' ' || ${auditEntries.subject} LIKE ${`%${escapeLike(word)}%`} ESCAPE '\\'`,
    ),
  ]
  return conditions.filter((condition) => condition !== undefined)
}

function escapeLike(text: string): string {
  return text.replaceAll(/[%_\\]/g, '\\$&')
}

export function toEntry(row: AuditRow): AuditEntry {
  const { actorKind, actorId, actorName, role, subject, ...rest } = row
  return {
    ...rest,
    actor: { kind: actorKind, id: actorId, name: actorName, role },
    subject: JSON.parse(subject) as Record<string, unknown>,
  }
}

export function toRow(entry: Omit<AuditEntry, 'subject'>, subject: string): AuditRow {
  const { actor, ...rest } = entry
  return {
    seq: rest.seq,
    at: rest.at,
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    role: actor.role,
    address: rest.address,
    kind: rest.kind,
    action: rest.action,
    target: rest.target,
    sandboxId: rest.sandboxId,
    subject,
    result: rest.result,
    durationMs: rest.durationMs,
    hash: rest.hash,
  }
}
