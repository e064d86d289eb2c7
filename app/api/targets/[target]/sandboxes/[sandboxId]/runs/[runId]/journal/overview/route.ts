import { overviewResponse } from '@/lib/reads/journal-search'
import { readRoute } from '@/lib/reads/read-route'

/** How much output is where in a run's output. */
export const GET = readRoute('log.read', ['sandboxId', 'runId'], ({ ids: { sandboxId, ...ids }, ...reading }) =>
  overviewResponse({ ...reading, ref: { kind: 'run', sandboxId, ...ids } }),
)
