import { listContexts } from '@/lib/reads/cells'
import { readRoute } from '@/lib/reads/read-route'

/** Interpreter contexts of a sandbox, the default one first. */
export const GET = readRoute(['sandboxId'], ({ target, client, ids, signal }) =>
  listContexts({ target, client, ...ids }, { signal }),
)
