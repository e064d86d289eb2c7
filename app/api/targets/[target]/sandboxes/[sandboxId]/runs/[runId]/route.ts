import { maxShownRunText } from '@/lib/process-api/text-head'
import { readRoute } from '@/lib/reads/read-route'
import { getRun } from '@/lib/target-data/runs'

/** A run with the beginning of its code or command; all of it with `?whole`. */
export const GET = readRoute('run.read', ['sandboxId', 'runId'], ({ target, client, ids, query, signal }) =>
  getRun({ target, client, sandboxId: ids.sandboxId }, ids.runId, {
    signal,
    ...(query.has('whole') ? {} : { textLimit: maxShownRunText }),
  }),
)
