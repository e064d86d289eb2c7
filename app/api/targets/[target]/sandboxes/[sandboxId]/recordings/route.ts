import { ptyOperations } from '@/lib/process-api/operations/pty'
import { readRoute } from '@/lib/reads/read-route'

/** Recordings of the terminals of a sandbox, newest first. */
export const GET = readRoute('terminal.list', ['sandboxId'], async ({ client, ids, signal }) => {
  const { recordings } = await client.call(ptyOperations.listPtyRecordings, ids, { signal })
  return recordings
})
