import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { readRoute } from '@/lib/reads/read-route'

export const GET = readRoute('session.list', ['sandboxId', 'sessionId', 'commandId'], ({ client, ids, signal }) =>
  client.call(sessionOperations.getCommand, ids, { signal }),
)
