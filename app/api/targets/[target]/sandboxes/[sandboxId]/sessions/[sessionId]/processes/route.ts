import { readRoute } from '@/lib/reads/read-route'

/** What lives in a session now. */
export const GET = readRoute(['sandboxId', 'sessionId'], async ({ client, ids, signal }) => ({
  processes: await client.sessionProcesses(ids.sandboxId, ids.sessionId, { signal }),
}))
