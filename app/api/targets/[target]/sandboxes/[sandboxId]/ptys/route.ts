import { ptyOperations } from '@/lib/process-api/operations/pty'
import { readRoute } from '@/lib/reads/read-route'

/** Open terminals of a sandbox, including those that other clients created. */
export const GET = readRoute('terminal.list', ['sandboxId'], async ({ client, ids, signal }) => {
  const { sessions } = await client.call(ptyOperations.listPtys, ids, { signal })
  return sessions
})
