import { toolboxOperations } from '@/lib/process-api/operations/toolbox'
import { readRoute } from '@/lib/reads/read-route'

/** The folder in which commands start. */
export const GET = readRoute('file.list', ['sandboxId'], async ({ client, ids, signal }) => ({
  path: (await client.call(toolboxOperations.getWorkFolder, ids, { signal })).dir,
}))
