/** The hash chain of the audit log. */
import { createHash } from 'node:crypto'
import type { AuditEntry } from '@/lib/process-api/audit'

/** What the first entry is chained to. */
export const firstHash = '0'.repeat(64)

/**
 * The hash of an entry: SHA-256 over the hash of the entry before and every field, in this order. A change of the order
 * or of a field needs a new version of the log.
 * @param subject JSON text, as it is stored
 */
export function entryHash(previous: string, entry: Omit<AuditEntry, 'hash' | 'subject'>, subject: string): string {
  const { actor } = entry
  const fields = [
    entry.seq,
    entry.at,
    actor.kind,
    actor.id,
    actor.name,
    actor.role,
    entry.address,
    entry.kind,
    entry.action,
    entry.target,
    entry.sandboxId,
    subject,
    entry.result,
    entry.durationMs,
  ]
  return createHash('sha256')
    .update(`${previous}\n${JSON.stringify(fields)}`)
    .digest('hex')
}
