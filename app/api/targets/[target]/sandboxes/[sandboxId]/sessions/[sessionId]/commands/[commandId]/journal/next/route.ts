import { nextMatchResponse } from '@/lib/reads/journal-search'
import { readRoute } from '@/lib/reads/read-route'

/** Where the next matching line of a command's output is. */
export const GET = readRoute(
  'log.read',
  ['sandboxId', 'sessionId', 'commandId'],
  ({ ids: { sandboxId, ...ids }, ...reading }) =>
    nextMatchResponse({ ...reading, ref: { kind: 'command', sandboxId, ...ids } }),
)
