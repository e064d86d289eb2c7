import { readRoute } from '@/lib/reads/read-route'
import { readUsage } from '@/lib/reads/usage'

/** What a sandbox uses now. */
export const GET = readRoute('sandbox.list', ['sandboxId'], ({ target, client, ids, signal }) =>
  readUsage({ target, client, sandboxId: ids.sandboxId }, { signal }),
)
