import { placeResponse } from '@/lib/targets/journal-search'
import { readRoute } from '@/lib/targets/read-route'

/** Where a byte of one stream is in a run's whole output, or the other way round. */
export const GET = readRoute(['sandboxId', 'runId'], ({ ids: { sandboxId, ...ids }, ...reading }) =>
  placeResponse({ ...reading, ref: { kind: 'run', sandboxId, ...ids } }),
)
