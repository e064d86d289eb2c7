import { nextMatchResponse } from '@/lib/reads/journal-search'
import { readRoute } from '@/lib/reads/read-route'

/** Where the next matching line of a run's output is. */
export const GET = readRoute('log.read', ['sandboxId', 'runId'], ({ ids: { sandboxId, ...ids }, ...reading }) =>
  nextMatchResponse({ ...reading, ref: { kind: 'run', sandboxId, ...ids } }),
)
