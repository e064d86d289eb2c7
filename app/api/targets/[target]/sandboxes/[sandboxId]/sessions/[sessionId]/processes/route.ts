import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { readRoute } from '@/lib/reads/read-route'

/** The running processes of a session. */
export const GET = readRoute('session.list', ['sandboxId', 'sessionId'], ({ client, ids, signal }) =>
  client.call(sessionOperations.listSessionProcesses, ids, { signal }),
)
