import { exportAudit } from '@/lib/reads/audit'
import { readRoute } from '@/lib/reads/read-route'

/** All entries of the audit log that match `?q=`, as JSON Lines. */
export const GET = readRoute('audit.read', [], ({ target, query }) => exportAudit(target, query))
