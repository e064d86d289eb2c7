import { readAudit } from '@/lib/reads/audit'
import { readRoute } from '@/lib/reads/read-route'

/** What people did with a target, newest first: `?q=` is the filter, `?before=` the position. */
export const GET = readRoute('audit.read', [], ({ target, query }) => readAudit(target, query))
