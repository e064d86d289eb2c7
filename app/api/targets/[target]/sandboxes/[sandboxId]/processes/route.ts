import { readRoute } from '@/lib/reads/read-route'

/** All processes of a sandbox. */
export const GET = readRoute(['sandboxId'], ({ client, ids, signal }) => client.processTree(ids.sandboxId, { signal }))
