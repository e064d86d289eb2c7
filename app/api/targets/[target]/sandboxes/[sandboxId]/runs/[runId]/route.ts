import { readRoute } from '@/lib/targets/read-route'
import { getRun } from '@/lib/targets/runs'

/** A run with what was run. */
export const GET = readRoute(['sandboxId', 'runId'], ({ target, client, ids, signal }) =>
  getRun({ target, client, sandboxId: ids.sandboxId }, ids.runId, { signal }),
)
