import { matchingLinesResponse } from '@/lib/reads/journal-search'
import { readRoute } from '@/lib/reads/read-route'

/** A page of the matching lines of a run's output. */
export const GET = readRoute('log.read', ['sandboxId', 'runId'], ({ ids: { sandboxId, ...ids }, ...reading }) =>
  matchingLinesResponse({ ...reading, ref: { kind: 'run', sandboxId, ...ids } }),
)
