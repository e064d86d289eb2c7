import { readRoute } from '@/lib/reads/read-route'

/** The running processes of a session. */
export const GET = readRoute(['sandboxId', 'sessionId'], async ({ client, ids, signal }) => ({
  processes: await client.sessionProcesses(ids.sandboxId, ids.sessionId, { signal }),
}))
