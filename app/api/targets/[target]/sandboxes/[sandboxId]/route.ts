import { readRoute } from '@/lib/reads/read-route'

export const GET = readRoute(['sandboxId'], ({ client, ids, signal }) => client.getSandbox(ids.sandboxId, { signal }))
