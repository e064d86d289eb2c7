import { z } from 'zod'
import { runId } from '@/lib/process-api/ids'
import { parse, readRoute } from '@/lib/reads/read-route'
import { listRuns } from '@/lib/reads/runs'

const page = z.object({ limit: z.coerce.number().int().min(1).max(200).optional(), before: runId.optional() })

/** Runs of a sandbox, newest first, a page at a time. */
export const GET = readRoute(['sandboxId'], ({ target, client, ids, query, signal }) =>
  listRuns({ target, client, ...ids }, parse(page, Object.fromEntries(query)), { signal }),
)
