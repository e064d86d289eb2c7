import { z } from 'zod'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { parse, readRoute } from '@/lib/reads/read-route'

const pageSchema = z.object({
  cursor: z.string().max(1024).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
})

/** Sandboxes of a target, a page at a time. */
export const GET = readRoute('sandbox.list', [], ({ client, query, signal }) =>
  client.call(sandboxOperations.listSandboxes, { query: parse(pageSchema, Object.fromEntries(query)) }, { signal }),
)
