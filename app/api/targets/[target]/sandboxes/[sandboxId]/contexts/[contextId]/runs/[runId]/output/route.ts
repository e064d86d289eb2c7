import { cellOutput } from '@/lib/reads/cells'
import { readRoute } from '@/lib/reads/read-route'

/** The whole output of a cell as a download. */
export const GET = readRoute(['sandboxId', 'contextId', 'runId'], ({ target, client, ids, signal }) =>
  cellOutput({ target, client, ...ids }, { signal }),
)
