import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { sessionSummarySchema } from '@/lib/process-api/process'
import { readRoute } from '@/lib/reads/read-route'

/** Sessions of a sandbox, without their commands. */
export const GET = readRoute('session.list', ['sandboxId'], async ({ client, ids, signal }) => {
  const sessions = await client.call(sessionOperations.listSessions, ids, { signal })
  return sessions.map((session) => sessionSummarySchema.parse(session))
})
