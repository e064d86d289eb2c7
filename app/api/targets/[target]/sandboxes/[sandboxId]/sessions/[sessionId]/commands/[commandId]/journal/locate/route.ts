import { locationResponse } from '@/lib/reads/journal-search'
import { readRoute } from '@/lib/reads/read-route'

/** Where a line of a command's output is: by number, time, percentage or offset. */
export const GET = readRoute(
  'log.read',
  ['sandboxId', 'sessionId', 'commandId'],
  ({ ids: { sandboxId, ...ids }, ...reading }) =>
    locationResponse({ ...reading, ref: { kind: 'command', sandboxId, ...ids } }),
)
