import { readRoute } from '@/lib/targets/read-route'

export const GET = readRoute(['sandboxId'], ({ client, ids, signal }) => client.getSandbox(ids.sandboxId, { signal }))
