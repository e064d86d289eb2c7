import { readRoute } from '@/lib/reads/read-route'

/** Sessions of a sandbox, without their commands. */
export const GET = readRoute(['sandboxId'], ({ client, ids, signal }) => client.listSessions(ids.sandboxId, { signal }))
