/** The table of the audit log, as `migrations/audit/0001-audit.sql` creates it. */
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { AuditActorKind } from '@/lib/process-api/audit'

export const auditEntries = sqliteTable('audit_entries', {
  seq: integer('seq').primaryKey(),
  at: integer('at').notNull(),
  actorKind: text('actor_kind').$type<AuditActorKind>().notNull(),
  actorId: text('actor_id').notNull(),
  actorName: text('actor_name').notNull(),
  role: text('role').notNull(),
  address: text('address').notNull(),
  kind: text('kind').$type<'change' | 'read'>().notNull(),
  action: text('action').notNull(),
  target: text('target').notNull(),
  sandboxId: text('sandbox_id').notNull(),
  subject: text('subject').notNull(),
  result: text('result').notNull(),
  durationMs: integer('duration_ms').notNull(),
  hash: text('hash').notNull(),
})
