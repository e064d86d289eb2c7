import { readRoute } from '@/lib/reads/read-route'
import { cellOutput } from '@/lib/target-data/cells'

/** The whole output of a cell as a download. */
export const GET = readRoute('cell.read', ['sandboxId', 'contextId', 'runId'], ({ target, client, ids, signal }) =>
  cellOutput({ target, client, ...ids }, { signal }),
)
