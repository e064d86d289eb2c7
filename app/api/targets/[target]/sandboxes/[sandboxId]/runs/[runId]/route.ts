import { readRoute } from '@/lib/reads/read-route'
import { getRun } from '@/lib/target-data/runs'

/** A run with its code or command. */
export const GET = readRoute(['sandboxId', 'runId'], ({ target, client, ids, signal }) =>
  getRun({ target, client, sandboxId: ids.sandboxId }, ids.runId, { signal }),
)
