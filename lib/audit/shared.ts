/** The process's audit log: created by server.ts and used by pages and actions, which do not share modules with it. */
import type { AuditLog } from './audit-log'

const key = Symbol.for('sandglass.audit')

export function shareAudit(audit: AuditLog): void {
  Object.assign(globalThis, { [key]: audit })
}

/** Its methods return values instead of throwing errors of the database: error classes differ between the two bundles. */
export function audit(): AuditLog {
  const shared: unknown = Reflect.get(globalThis, key)
  if (shared === undefined) throw new Error('The server has not created its audit log yet')
  return shared as AuditLog
}
