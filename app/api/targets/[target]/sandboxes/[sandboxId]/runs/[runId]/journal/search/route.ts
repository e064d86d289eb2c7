import { searchResponse } from '@/lib/reads/journal-search'
import { readRoute } from '@/lib/reads/read-route'

/** Where a text is in a run's output. */
export const GET = readRoute('log.read', ['sandboxId', 'runId'], ({ ids: { sandboxId, ...ids }, ...reading }) =>
  searchResponse({ ...reading, ref: { kind: 'run', sandboxId, ...ids } }),
)
