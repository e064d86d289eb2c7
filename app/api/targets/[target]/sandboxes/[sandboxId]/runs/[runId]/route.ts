import { readRoute } from '@/lib/targets/read-route'

/** A run with what was run. */
export const GET = readRoute(['sandboxId', 'runId'], ({ client, ids, signal }) =>
  client.getRun(ids.sandboxId, ids.runId, { signal }),
)
