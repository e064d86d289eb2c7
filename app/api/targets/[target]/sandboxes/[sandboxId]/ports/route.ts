import { readListeners } from '@/lib/reads/listeners'
import { readRoute } from '@/lib/reads/read-route'

/** Listening ports of a sandbox. */
export const GET = readRoute('port.list', ['sandboxId'], ({ target, client, ids, signal }) =>
  readListeners({ target, client, sandboxId: ids.sandboxId }, { signal }),
)
