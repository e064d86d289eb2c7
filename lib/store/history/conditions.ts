/** The conditions of a filter as SQL. */
import { eq, gte, inArray, isNotNull, lte, type SQL, sql } from 'drizzle-orm'
import type { HistoryFilter } from '@/lib/process-api/history-filter'
import { executions, type sandboxes } from './schema'

export type SandboxRow = typeof sandboxes.$inferSelect

/** The index of texts has all sequences of three characters; shorter words are compared with the first line, the name and the tags. */
const minIndexedLength = 3

/**
 * @param known the sandboxes of the target, if the filter names some or their labels
 * @returns null if nothing can match
 */
export function conditionsOf(
  target: string,
  filter: HistoryFilter,
  known: readonly SandboxRow[],
  sandboxId?: string,
): SQL[] | null {
  const conditions: SQL[] = [eq(executions.target, target)]
  if (sandboxId !== undefined) conditions.push(eq(executions.sandboxId, sandboxId))
  if (filter.sandboxes.length > 0 || filter.labels.length > 0) {
    const ids = known.filter((row) => matches(row, filter)).map((row) => row.sandboxId)
    if (ids.length === 0) return null
    conditions.push(sql`${executions.sandboxId} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`)
  }
  if (filter.states.length > 0) conditions.push(inArray(executions.state, [...filter.states]))
  if (filter.exitCodes.length > 0) conditions.push(inArray(executions.exitCode, [...filter.exitCodes]))
  if (filter.languages.length > 0) conditions.push(inArray(executions.language, [...filter.languages]))
  if (filter.kinds.length > 0) conditions.push(inArray(executions.kind, [...filter.kinds]))
  if (filter.pinned) conditions.push(isNotNull(executions.pinnedAt))
  if (filter.since !== null) conditions.push(gte(executions.at, filter.since))
  if (filter.until !== null) conditions.push(lte(executions.at, filter.until))
  for (const tag of filter.tags) {
    conditions.push(sql`EXISTS (SELECT 1 FROM json_each(${executions.tags}) WHERE lower(value) = ${tag.toLowerCase()})`)
  }
  conditions.push(...wordConditions(filter.words))
  return conditions
}

function wordConditions(words: readonly string[]): SQL[] {
  const isIndexed = (word: string) => [...word].length >= minIndexedLength
  const indexed = words.filter(isIndexed).map((word) => `"${word.replaceAll('"', '""')}"`)
  const short = words.filter((word) => !isIndexed(word)).map((word) => `%${word.replaceAll(/[%_\\]/g, '\\$&')}%`)
  return [
    ...(indexed.length === 0
      ? []
      : [sql`${executions.id} IN (SELECT rowid FROM history_search WHERE history_search MATCH ${indexed.join(' ')})`]),
    ...short.map(
      (pattern) =>
        sql`${executions.title} || ' ' || ${executions.name} || ' ' || ${executions.tags} LIKE ${pattern} ESCAPE '\\'`,
    ),
  ]
}

function matches(row: SandboxRow, { sandboxes: names, labels }: HistoryFilter): boolean {
  const name = row.name.toLowerCase()
  const pairs = Object.entries(row.labels).map(([key, value]) => `${key}=${value}`.toLowerCase())
  return (
    names.every((part) => name.includes(part.toLowerCase()) || row.sandboxId.startsWith(part)) &&
    labels.every((label) => pairs.some((pair) => pair.startsWith(label.toLowerCase())))
  )
}
