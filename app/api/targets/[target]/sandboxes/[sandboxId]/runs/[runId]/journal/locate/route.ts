import { locationResponse } from '@/lib/reads/journal-search'
import { readRoute } from '@/lib/reads/read-route'

/** Where a line of a run's output is: by number, time, percentage or offset. */
export const GET = readRoute('log.read', ['sandboxId', 'runId'], ({ ids: { sandboxId, ...ids }, ...reading }) =>
  locationResponse({ ...reading, ref: { kind: 'run', sandboxId, ...ids } }),
)
