import { z } from 'zod'
import { maxActivityIds } from '@/lib/process-api/activity'
import { sandboxIdSchema } from '@/lib/process-api/ids'
import { readActivities } from '@/lib/reads/activity'
import { parse, readRoute } from '@/lib/reads/read-route'

const idsSchema = z.array(sandboxIdSchema).min(1).max(maxActivityIds)

/** What happened last in sandboxes: `?ids=` with their ids, separated by commas. */
export const GET = readRoute('sandbox.list', [], ({ target, client, query }) =>
  readActivities({ target, client }, parse(idsSchema, (query.get('ids') ?? '').split(','), 'ids')),
)
