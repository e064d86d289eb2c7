import { readRoute } from '@/lib/reads/read-route'
import { listCharts } from '@/lib/target-data/runs'

/** The charts that a run has shown so far. */
export const GET = readRoute('run.read', ['sandboxId', 'runId'], ({ target, client, ids, signal }) =>
  listCharts({ target, client, sandboxId: ids.sandboxId }, ids.runId, { signal }),
)
