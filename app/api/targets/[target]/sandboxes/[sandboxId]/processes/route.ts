import { readRoute } from '@/lib/reads/read-route'

/** Everything that runs in a sandbox now. */
export const GET = readRoute(['sandboxId'], ({ client, ids, signal }) => client.processTree(ids.sandboxId, { signal }))
