import { snapshotOperations } from '@/lib/process-api/operations/snapshots'
import { readRoute } from '@/lib/reads/read-route'

const maxSnapshots = 200

/** Snapshots that were created from this sandbox, newest first. */
export const GET = readRoute('sandbox.list', ['sandboxId'], async ({ client, ids, signal }) => {
  const query = { sourceSandboxId: ids.sandboxId, limit: maxSnapshots, sort: 'createdAt', order: 'desc' } as const
  const page = await client.call(snapshotOperations.listSnapshots, { query }, { signal })
  // A deployment that does not know this filter returns the snapshots of everyone.
  return page.items.filter((snapshot) => snapshot.sourceSandboxId === ids.sandboxId)
})
