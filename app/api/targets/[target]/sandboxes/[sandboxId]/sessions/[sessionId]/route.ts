import { readRoute } from '@/lib/reads/read-route'

/** A session with its commands. */
export const GET = readRoute(['sandboxId', 'sessionId'], ({ client, ids, signal }) =>
  client.getSession(ids.sandboxId, ids.sessionId, { signal }),
)
