import { matchingLinesResponse } from '@/lib/reads/journal-search'
import { readRoute } from '@/lib/reads/read-route'

/** A page of the matching lines of a command's output. */
export const GET = readRoute(
  'log.read',
  ['sandboxId', 'sessionId', 'commandId'],
  ({ ids: { sandboxId, ...ids }, ...reading }) =>
    matchingLinesResponse({ ...reading, ref: { kind: 'command', sandboxId, ...ids } }),
)
