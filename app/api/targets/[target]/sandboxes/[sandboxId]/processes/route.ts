import { processOperations } from '@/lib/process-api/operations/processes'
import { readRoute } from '@/lib/reads/read-route'

/** All processes of a sandbox. */
export const GET = readRoute('sandbox.list', ['sandboxId'], ({ client, ids, signal }) =>
  client.call(processOperations.getProcessTree, ids, { signal }),
)
