/** The tables of the history: writes of what happened, and the reads of pages. */
import { createHash } from 'node:crypto'
import { and, asc, count, desc, eq, inArray, isNotNull, isNull, lt, notInArray, or, type SQL, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { LibSQLDatabase } from 'drizzle-orm/libsql'
import { hasEnded } from '@/lib/process-api/has-ended'
import {
  type HistoryDetail,
  type HistoryEntry,
  type HistoryGroup,
  type HistoryGroupPage,
  type HistoryKey,
  type HistoryPage,
  historyPageSize,
  maxListedStderr,
  maxStoredText,
} from '@/lib/process-api/history'
import type { HistoryFilter } from '@/lib/process-api/history-filter'
import type { HistoryCursor, HistoryNote } from '@/lib/process-api/history-schemas'
import { StoreError, toStoreError } from '../store-error'
import { conditionsOf, type SandboxRow } from './conditions'
import { executions, sandboxes } from './schema'

type Row = typeof executions.$inferSelect

/** An execution as a list or an event of the target describes it. */
export interface ExecutionRecord
  extends HistoryKey,
    Pick<
      Row,
      | 'at'
      | 'startedAt'
      | 'endedAt'
      | 'durationMs'
      | 'language'
      | 'origin'
      | 'state'
      | 'exitCode'
      | 'signal'
      | 'reason'
      | 'message'
      | 'timeoutSeconds'
      | 'outputBytes'
      | 'stderrBytes'
      | 'title'
    > {
  /** The code or command, or its beginning. */
  text: string
  /** Whether `text` is all of it. */
  textComplete: boolean
}

/** What is read of an execution by itself. Fields that are left out stay as they are. */
export type ExecutionDetails = Partial<
  Pick<Row, 'envNames' | 'argv' | 'cwd' | 'outputEnd' | 'stderrEnd' | 'detailedAt' | 'text'>
>

export type HistoryChange =
  | { type: 'sandbox'; target: string; sandboxId: string; name: string; labels: Record<string, string> }
  | { type: 'sandbox-deleted'; target: string; sandboxId: string; at: number }
  | { type: 'execution'; record: ExecutionRecord }
  | { type: 'details'; key: HistoryKey; language: string | null; details: ExecutionDetails }
  | { type: 'removed'; key: HistoryKey; at: number }
  | { type: 'parent-removed'; key: Omit<HistoryKey, 'executionId'>; at: number }

const unwatchedDeletion = 'The sandbox was deleted before the end was reported. How this ended is unknown.'

type Database = LibSQLDatabase<Record<string, never>>
type Statements = [BatchItem<'sqlite'>, ...BatchItem<'sqlite'>[]]

const listed = {
  id: executions.id,
  target: executions.target,
  sandboxId: executions.sandboxId,
  kind: executions.kind,
  parentId: executions.parentId,
  executionId: executions.executionId,
  at: executions.at,
  startedAt: executions.startedAt,
  endedAt: executions.endedAt,
  durationMs: executions.durationMs,
  language: executions.language,
  origin: executions.origin,
  state: executions.state,
  exitCode: executions.exitCode,
  signal: executions.signal,
  reason: executions.reason,
  message: executions.message,
  timeoutSeconds: executions.timeoutSeconds,
  outputBytes: executions.outputBytes,
  stderrBytes: executions.stderrBytes,
  title: executions.title,
  textHash: executions.textHash,
  stderrEnd: sql<string>`substr(${executions.stderrEnd}, -${sql.raw(String(maxListedStderr))})`,
  removedAt: executions.removedAt,
  pinnedAt: executions.pinnedAt,
  name: executions.name,
  tags: executions.tags,
}

export class HistoryStore {
  constructor(
    private readonly database: Database,
    private readonly owner: {
      /** Path of the database, for messages. */
      file: string
      /**
       * Called when another program has locked the database. A connection that failed so cannot commit any more:
       * libSQL leaves the statement that failed in progress.
       */
      onLocked(): void
    },
  ) {}

  /**
   * Writes changes in one transaction, in their order.
   * @throws StoreError
   */
  async write(changes: readonly HistoryChange[]): Promise<void> {
    const [first, ...rest] = inGroups(changes).flatMap((group) => this.statementsOf(group))
    if (first) await this.run(() => this.database.batch([first, ...rest]))
  }

  /** A page, newest first. */
  async page(target: string, filter: HistoryFilter, before?: HistoryCursor, sandboxId?: string): Promise<HistoryPage> {
    return await this.run(async () => {
      const conditions = await this.conditions(target, filter, sandboxId)
      if (conditions === null) return { entries: [], next: null }
      const rows = await this.select()
        .where(and(...conditions, before && sql`(${executions.at}, ${executions.id}) < (${before.at}, ${before.id})`))
        .orderBy(desc(executions.at), desc(executions.id))
        .limit(historyPageSize + 1)
      const shown = rows.slice(0, historyPageSize)
      const last = shown.at(-1)?.execution
      return {
        entries: shown.map(toEntry),
        next: rows.length > historyPageSize && last ? `${last.at}.${last.id}` : null,
      }
    })
  }

  /** A page of executions grouped by their text, the group with the newest execution first. */
  async groups(
    target: string,
    filter: HistoryFilter,
    before?: HistoryCursor,
    sandboxId?: string,
  ): Promise<HistoryGroupPage> {
    return await this.run(async () => {
      const conditions = await this.conditions(target, filter, sandboxId)
      if (conditions === null) return { groups: [], next: null }
      // Ids have at most 15 digits, so the newest one of a group is found by one number in text form.
      const newest = sql<string>`max(printf('%016d.%015d', ${executions.at}, ${executions.id}))`
      const rows = await this.database
        .select({
          count: count(),
          failed: sql<number>`sum(${executions.state} IN ('failed', 'killed', 'timed-out'))`,
          newest,
        })
        .from(executions)
        .where(and(...conditions))
        .groupBy(executions.textHash)
        .having(before ? sql`${newest} < ${printed(before)}` : undefined)
        .orderBy(desc(newest))
        .limit(historyPageSize + 1)
      const shown = rows.slice(0, historyPageSize)
      const ids = shown.map((row) => Number(row.newest.split('.')[1]))
      const entries = await this.select().where(inArray(executions.id, ids))
      const byId = new Map(entries.map((row) => [row.execution.id, toEntry(row)]))
      const groups = shown.flatMap((row, index): HistoryGroup[] => {
        const last = byId.get(ids[index] ?? 0)
        return last ? [{ count: row.count, failed: row.failed, last }] : []
      })
      const end = shown.at(-1)
      const [at, id] = end ? end.newest.split('.').map(Number) : []
      return { groups, next: rows.length > historyPageSize ? `${at}.${id}` : null }
    })
  }

  /** One entry with all that is stored of it; null if there is none. */
  async detail(target: string, id: number): Promise<HistoryDetail | null> {
    return await this.run(async () => {
      const [row] = await this.database
        .select({ execution: executions, sandbox: sandboxes })
        .from(executions)
        .leftJoin(sandboxes, ofSandbox)
        .where(and(eq(executions.target, target), eq(executions.id, id)))
      if (!row) return null
      const { text, textTruncated, envNames, argv, cwd, outputEnd, stderrEnd } = row.execution
      return { ...toEntry(row), text, textTruncated, envNames, argv, cwd, outputEnd, stderrEnd }
    })
  }

  /** Pins, names or tags an entry. Returns false if there is no such entry. */
  async annotate(target: string, id: number, note: HistoryNote): Promise<boolean> {
    return await this.run(async () => {
      const changed = await this.database
        .update(executions)
        .set({
          ...(note.pinned === undefined ? {} : { pinnedAt: note.pinned ? Date.now() : null }),
          ...(note.name === undefined ? {} : { name: note.name }),
          ...(note.tags === undefined ? {} : { tags: [...new Set(note.tags)] }),
          id,
        })
        .where(and(eq(executions.target, target), eq(executions.id, id)))
      return changed.rowsAffected > 0
    })
  }

  /** Deletes an entry that has ended. It returns with the next reconciliation if the target still has the execution. */
  async remove(target: string, id: number): Promise<boolean> {
    return await this.run(async () => {
      const deleted = await this.database
        .delete(executions)
        .where(and(eq(executions.target, target), eq(executions.id, id)))
      return deleted.rowsAffected > 0
    })
  }

  /** The sandboxes of a target that the history believes to exist. */
  async presentSandboxes(target: string): Promise<string[]> {
    return await this.run(async () => {
      const rows = await this.database
        .select({ sandboxId: sandboxes.sandboxId })
        .from(sandboxes)
        .where(and(eq(sandboxes.target, target), isNull(sandboxes.deletedAt)))
      return rows.map((row) => row.sandboxId)
    })
  }

  /** The keys of a sandbox's executions that the target had, and whether they have ended and were read in detail. */
  async known(target: string, sandboxId: string): Promise<Map<string, { key: HistoryKey; complete: boolean }>> {
    return await this.run(async () => {
      const rows = await this.database
        .select({
          kind: executions.kind,
          parentId: executions.parentId,
          executionId: executions.executionId,
          complete: sql<number>`${executions.ended} AND ${executions.detailedAt} IS NOT NULL`,
        })
        .from(executions)
        .where(and(eq(executions.target, target), eq(executions.sandboxId, sandboxId), isNull(executions.removedAt)))
      return new Map(
        rows.map(({ complete, ...ids }) => {
          const key = { target, sandboxId, ...ids }
          return [keyText(key), { key, complete: complete === 1 }]
        }),
      )
    })
  }

  /**
   * Deletes what is older than the retention: executions that the target no longer has, and, beyond `maxEntries`, the
   * oldest ones. Pinned entries stay.
   */
  async purge({ before, maxEntries }: { before: number; maxEntries: number }): Promise<void> {
    await this.run(async () => {
      const unpinned = isNull(executions.pinnedAt)
      const goneSandboxes = sql`(${executions.target}, ${executions.sandboxId}) IN (SELECT ${sandboxes.target}, ${sandboxes.sandboxId} FROM ${sandboxes} WHERE ${sandboxes.deletedAt} IS NOT NULL AND ${sandboxes.deletedAt} < ${before})`
      await this.database
        .delete(executions)
        .where(and(unpinned, or(goneSandboxes, and(isNotNull(executions.removedAt), lt(executions.removedAt, before)))))
      const [total] = await this.database.select({ count: count() }).from(executions)
      const excess = (total?.count ?? 0) - maxEntries
      if (excess > 0) {
        const oldest = this.database
          .select({ id: executions.id })
          .from(executions)
          .where(unpinned)
          .orderBy(asc(executions.at))
          .limit(excess)
        await this.database.delete(executions).where(inArray(executions.id, oldest))
      }
      const used = this.database.select({ id: executions.sandboxId }).from(executions)
      await this.database
        .delete(sandboxes)
        .where(
          and(isNotNull(sandboxes.deletedAt), lt(sandboxes.deletedAt, before), notInArray(sandboxes.sandboxId, used)),
        )
    })
  }

  private select() {
    return this.database
      .select({ execution: listed, sandbox: sandboxes })
      .from(executions)
      .leftJoin(sandboxes, ofSandbox)
  }

  private async conditions(target: string, filter: HistoryFilter, sandboxId?: string): Promise<SQL[] | null> {
    const needsSandboxes = filter.sandboxes.length > 0 || filter.labels.length > 0
    const rows: SandboxRow[] = needsSandboxes
      ? await this.database.select().from(sandboxes).where(eq(sandboxes.target, target))
      : []
    return conditionsOf(target, filter, rows, sandboxId)
  }

  private statementsOf(change: Group): Statements[0][] {
    switch (change.type) {
      case 'sandbox': {
        const { target, sandboxId, name, labels } = change
        return [
          this.database
            .insert(sandboxes)
            .values({ target, sandboxId, name, labels, deletedAt: null })
            .onConflictDoUpdate({
              target: [sandboxes.target, sandboxes.sandboxId],
              set: { name, labels, deletedAt: null },
            }),
        ]
      }
      case 'sandbox-deleted':
        return [
          this.database
            .update(sandboxes)
            .set({ deletedAt: change.at })
            .where(
              and(
                eq(sandboxes.target, change.target),
                eq(sandboxes.sandboxId, change.sandboxId),
                isNull(sandboxes.deletedAt),
              ),
            ),
          this.database
            .update(executions)
            .set({ state: 'lost', message: unwatchedDeletion, ended: true })
            .where(
              and(
                eq(executions.target, change.target),
                eq(executions.sandboxId, change.sandboxId),
                eq(executions.ended, false),
              ),
            ),
        ]
      case 'executions':
        return [this.upsert(change.records)]
      case 'details': {
        const { text, ...details } = change.details
        return [
          this.database
            .update(executions)
            .set({
              ...details,
              ...(text === undefined ? {} : textFields(text, change.language, true)),
              ...(change.language === null ? {} : { language: change.language }),
            })
            .where(isKey(change.key)),
        ]
      }
      case 'removed':
        return [this.database.update(executions).set(removedAt(change.at)).where(isKey(change.key))]
      case 'parent-removed':
        return [
          this.database
            .update(executions)
            .set(removedAt(change.at))
            .where(
              and(
                eq(executions.target, change.key.target),
                eq(executions.sandboxId, change.key.sandboxId),
                eq(executions.kind, change.key.kind),
                eq(executions.parentId, change.key.parentId),
                isNull(executions.removedAt),
              ),
            ),
        ]
      default:
        return change satisfies never
    }
  }

  private upsert(records: readonly ExecutionRecord[]) {
    const values = records.map(({ text, textComplete, ...fields }) => ({
      ...fields,
      ...textFields(text, fields.language, textComplete),
      ended: hasEnded(fields.state),
    }))
    // A list that was read before the end may arrive after it, and the full text after a list that has its beginning.
    const ifFuller = (column: string) =>
      sql.raw(
        `CASE WHEN history_executions.text_complete THEN history_executions.${column} ELSE excluded.${column} END`,
      )
    const given = (column: string) => sql.raw(`coalesce(excluded.${column}, history_executions.${column})`)
    return this.database
      .insert(executions)
      .values(values)
      .onConflictDoUpdate({
        target: [executions.target, executions.sandboxId, executions.kind, executions.parentId, executions.executionId],
        set: {
          startedAt: given('started_at'),
          endedAt: given('ended_at'),
          durationMs: given('duration_ms'),
          language: given('language'),
          origin: given('origin'),
          ended: sql`excluded.ended`,
          state: sql`excluded.state`,
          exitCode: sql`excluded.exit_code`,
          signal: sql`excluded.signal`,
          reason: sql`excluded.reason`,
          message: sql`excluded.message`,
          timeoutSeconds: given('timeout_seconds'),
          outputBytes: sql`excluded.output_bytes`,
          stderrBytes: sql`excluded.stderr_bytes`,
          title: ifFuller('title'),
          text: ifFuller('text'),
          textTruncated: ifFuller('text_truncated'),
          textHash: ifFuller('text_hash'),
          textComplete: sql`max(history_executions.text_complete, excluded.text_complete)`,
          removedAt: sql`NULL`,
        },
        setWhere: sql`excluded.ended OR NOT history_executions.ended`,
      })
  }

  private async run<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      const failure = toStoreError(error, this.owner.file)
      if (failure instanceof StoreError && failure.problem === 'locked') this.owner.onLocked()
      throw failure
    }
  }
}

type Group = Exclude<HistoryChange, { type: 'execution' }> | { type: 'executions'; records: ExecutionRecord[] }

/** Each row has 30 parameters, of which a statement can have 32,766. */
const maxRows = 100

/** Executions that follow each other become one statement, because building one takes longer than running it. */
function inGroups(changes: readonly HistoryChange[]): Group[] {
  const groups: Group[] = []
  for (const change of changes) {
    const last = groups.at(-1)
    if (change.type !== 'execution') groups.push(change)
    else if (last?.type === 'executions' && last.records.length < maxRows) last.records.push(change.record)
    else groups.push({ type: 'executions', records: [change.record] })
  }
  return groups
}

const ofSandbox = and(eq(sandboxes.target, executions.target), eq(sandboxes.sandboxId, executions.sandboxId))

/** Marks as removed, and ends what had not ended: its end will never be reported. */
function removedAt(at: number) {
  const unlessEnded = (column: SQL | typeof executions.state | typeof executions.message, otherwise: string) =>
    sql`CASE WHEN ${executions.ended} THEN ${column} ELSE ${otherwise} END`
  return {
    removedAt: at,
    state: unlessEnded(executions.state, 'lost'),
    message: unlessEnded(executions.message, 'This was deleted before the end was reported. How it ended is unknown.'),
    ended: true,
  }
}

function isKey(key: HistoryKey): SQL | undefined {
  return and(
    eq(executions.target, key.target),
    eq(executions.sandboxId, key.sandboxId),
    eq(executions.kind, key.kind),
    eq(executions.parentId, key.parentId),
    eq(executions.executionId, key.executionId),
  )
}

/** A key as one text, within one target and sandbox. Ids have no spaces. */
export function keyText(key: Pick<HistoryKey, 'kind' | 'parentId' | 'executionId'>): string {
  return `${key.kind} ${key.parentId} ${key.executionId}`
}

function textFields(text: string, language: string | null, complete: boolean) {
  return {
    title: titleOf(text),
    text: text.slice(0, maxStoredText),
    textComplete: complete,
    textTruncated: !complete || text.length > maxStoredText,
    textHash: createHash('sha256').update(`${language}\n${text}`).digest('base64url').slice(0, 22),
  }
}

const maxTitleLength = 200

/** The first line that is not blank. */
function titleOf(text: string): string {
  return (/\S.*/.exec(text)?.[0] ?? '').trimEnd().slice(0, maxTitleLength)
}

function printed({ at, id }: HistoryCursor): string {
  return `${String(at).padStart(16, '0')}.${String(id).padStart(15, '0')}`
}

type ListedRow = { execution: { [Name in keyof typeof listed]: unknown } & ListedExecution; sandbox: SandboxRow | null }
type ListedExecution = Pick<Row, Exclude<keyof typeof listed, 'stderrEnd'>> & { stderrEnd: string }

function toEntry({ execution, sandbox }: ListedRow): HistoryEntry {
  const { at, startedAt, endedAt, removedAt: removed, pinnedAt, textHash } = execution
  return {
    id: execution.id,
    target: execution.target,
    sandboxId: execution.sandboxId,
    kind: execution.kind,
    parentId: execution.parentId,
    executionId: execution.executionId,
    sandboxName: sandbox?.name ?? execution.sandboxId,
    labels: sandbox?.labels ?? {},
    sandboxDeleted: sandbox !== null && sandbox.deletedAt !== null,
    removed: removed !== null,
    title: execution.title,
    language: execution.language,
    origin: execution.origin,
    state: execution.state,
    exitCode: execution.exitCode,
    signal: execution.signal,
    reason: execution.reason,
    message: execution.message,
    timeoutSeconds: execution.timeoutSeconds,
    at: new Date(at).toISOString(),
    startedAt: toIso(startedAt),
    endedAt: toIso(endedAt),
    durationMs: execution.durationMs,
    outputBytes: execution.outputBytes,
    stderrBytes: execution.stderrBytes,
    stderrEnd: execution.stderrEnd,
    pinned: pinnedAt !== null,
    name: execution.name,
    tags: execution.tags,
    group: textHash,
  }
}

function toIso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
