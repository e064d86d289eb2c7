import { searchResponse } from '@/lib/reads/journal-search'
import { readRoute } from '@/lib/reads/read-route'

/** Where a text is in a command's output. */
export const GET = readRoute(
  'log.read',
  ['sandboxId', 'sessionId', 'commandId'],
  ({ ids: { sandboxId, ...ids }, ...reading }) =>
    searchResponse({ ...reading, ref: { kind: 'command', sandboxId, ...ids } }),
)
