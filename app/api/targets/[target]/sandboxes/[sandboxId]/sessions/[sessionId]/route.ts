import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { readRoute } from '@/lib/reads/read-route'

/** A session with its commands. */
export const GET = readRoute('session.list', ['sandboxId', 'sessionId'], ({ client, ids, signal }) =>
  client.call(sessionOperations.getSession, ids, { signal }),
)
