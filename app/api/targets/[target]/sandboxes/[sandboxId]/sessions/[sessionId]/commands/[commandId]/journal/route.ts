import { journalResponse } from '@/lib/reads/journal-window'
import { readRoute } from '@/lib/reads/read-route'

/** A window of a command's output: `from` and `to`, or `tail`, in bytes. */
export const GET = readRoute(
  'log.read',
  ['sandboxId', 'sessionId', 'commandId'],
  ({ ids: { sandboxId, ...ids }, ...reading }) =>
    journalResponse({ ...reading, ref: { kind: 'command', sandboxId, ...ids } }),
)
