import { z } from 'zod'
import { parse, readRoute } from '@/lib/reads/read-route'
import { readNotebook } from '@/lib/target-data/notebook-file'

const querySchema = z.object({ path: z.string().min(1).max(4096) })

/** A notebook file with its version; null where there is no such file. */
export const GET = readRoute('notebook.read', ['sandboxId'], ({ client, ids, query, signal }) =>
  readNotebook(client, ids.sandboxId, parse(querySchema, Object.fromEntries(query)).path, { signal }),
)
