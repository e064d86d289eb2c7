import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { readRoute } from '@/lib/reads/read-route'

export const GET = readRoute('sandbox.list', ['sandboxId'], ({ client, ids, signal }) =>
  client.call(sandboxOperations.getSandbox, { id: ids.sandboxId }, { signal }),
)
