import { overviewResponse } from '@/lib/reads/journal-search'
import { readRoute } from '@/lib/reads/read-route'

/** How much output is where in a command's output. */
export const GET = readRoute(
  'log.read',
  ['sandboxId', 'sessionId', 'commandId'],
  ({ ids: { sandboxId, ...ids }, ...reading }) =>
    overviewResponse({ ...reading, ref: { kind: 'command', sandboxId, ...ids } }),
)
