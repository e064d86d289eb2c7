import { positionResponse } from '@/lib/reads/journal-search'
import { readRoute } from '@/lib/reads/read-route'

/** Where a byte of one stream is in a run's whole output, or the other way round. */
export const GET = readRoute('log.read', ['sandboxId', 'runId'], ({ ids: { sandboxId, ...ids }, ...reading }) =>
  positionResponse({ ...reading, ref: { kind: 'run', sandboxId, ...ids } }),
)
