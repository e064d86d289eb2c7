import { journalResponse } from '@/lib/reads/journal-window'
import { readRoute } from '@/lib/reads/read-route'

/** A window of a run's output: `from` and `to`, or `tail`, in bytes. */
export const GET = readRoute('log.read', ['sandboxId', 'runId'], ({ ids: { sandboxId, ...ids }, ...reading }) =>
  journalResponse({ ...reading, ref: { kind: 'run', sandboxId, ...ids } }),
)
