/** Tables of the history, as `migrations/0001-history.sql` creates them. */
import { integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { EndReason, ExecutionState } from '@/lib/process-api/execution'
import type { HistoryKind } from '@/lib/process-api/history'

export const sandboxes = sqliteTable(
  'history_sandboxes',
  {
    target: text('target').notNull(),
    sandboxId: text('sandbox_id').notNull(),
    name: text('name').notNull(),
    labels: text('labels', { mode: 'json' }).$type<Record<string, string>>().notNull(),
    deletedAt: integer('deleted_at'),
  },
  (table) => [primaryKey({ columns: [table.target, table.sandboxId] })],
)

export const executions = sqliteTable('history_executions', {
  id: integer('id').primaryKey(),
  target: text('target').notNull(),
  sandboxId: text('sandbox_id').notNull(),
  kind: text('kind').$type<HistoryKind>().notNull(),
  parentId: text('parent_id').notNull(),
  executionId: text('execution_id').notNull(),
  at: integer('at').notNull(),
  startedAt: integer('started_at'),
  endedAt: integer('ended_at'),
  durationMs: real('duration_ms'),
  language: text('language'),
  origin: text('origin'),
  ended: integer('ended', { mode: 'boolean' }).notNull(),
  state: text('state').$type<ExecutionState>().notNull(),
  exitCode: integer('exit_code'),
  signal: text('signal'),
  reason: text('reason').$type<EndReason>(),
  message: text('message'),
  timeoutSeconds: integer('timeout_seconds'),
  outputBytes: integer('output_bytes').notNull(),
  stderrBytes: integer('stderr_bytes').notNull(),
  title: text('title').notNull(),
  text: text('text').notNull(),
  textComplete: integer('text_complete', { mode: 'boolean' }).notNull(),
  textTruncated: integer('text_truncated', { mode: 'boolean' }).notNull(),
  textHash: text('text_hash').notNull(),
  envNames: text('env_names', { mode: 'json' }).$type<string[]>().notNull().default([]),
  argv: text('argv', { mode: 'json' }).$type<string[]>().notNull().default([]),
  cwd: text('cwd'),
  outputEnd: text('output_end'),
  stderrEnd: text('stderr_end').notNull().default(''),
  detailedAt: integer('detailed_at'),
  removedAt: integer('removed_at'),
  pinnedAt: integer('pinned_at'),
  name: text('name').notNull().default(''),
  tags: text('tags', { mode: 'json' }).$type<string[]>().notNull().default([]),
})
