import { z } from 'zod'
import { runIdSchema } from '@/lib/process-api/ids'
import { parse, readRoute } from '@/lib/reads/read-route'
import { listRuns } from '@/lib/target-data/runs'

const pageSchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).optional(),
  before: runIdSchema.optional(),
})

/** Runs of a sandbox, newest first, a page at a time. */
export const GET = readRoute('run.list', ['sandboxId'], ({ target, client, ids, query, signal }) =>
  listRuns({ target, client, ...ids }, parse(pageSchema, Object.fromEntries(query)), { signal }),
)
