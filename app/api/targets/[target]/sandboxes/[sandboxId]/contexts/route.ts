import { readRoute } from '@/lib/reads/read-route'
import { listContexts } from '@/lib/target-data/cells'

/** Interpreter contexts of a sandbox, the default one first. */
export const GET = readRoute('context.list', ['sandboxId'], ({ target, client, ids, signal }) =>
  listContexts({ target, client, ...ids }, { signal }),
)
