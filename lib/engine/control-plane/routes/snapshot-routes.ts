/** `/api/snapshots`: what sandboxes can be made from (process API 3.4). */
import { refusals } from '@/lib/process-api/operations/refusals'
import { snapshotOperations } from '@/lib/process-api/operations/snapshots'
import type { SnapshotDto, SnapshotQuery } from '@/lib/process-api/snapshots'
import type { Snapshot } from '../snapshots/snapshots'
import { type ApiOptions, type AuthenticatedRoutes, baseUrl, unsupported } from './authenticated-routes'
import { sendBuildLogs } from './build-logs'
import { pageOf } from './page-of'

export function registerSnapshots({ on, refuse }: AuthenticatedRoutes, options: ApiOptions): void {
  const { snapshots, sandboxes } = options
  const required = ({ id }: { readonly id: string }) => snapshots.require(id)
  const toDto = (snapshot: Snapshot): SnapshotDto => {
    const uses = [...sandboxes].filter((it) => it.record.snapshot === snapshot.name).map((it) => it.record.createdAt)
    return snapshots.toDto(snapshot, uses.sort().at(-1) ?? null)
  }

  on(snapshotOperations.listSnapshots, ({ query, reply }) => {
    reply(200, snapshotPage([...snapshots].map(toDto), query))
  })
  refuse(snapshotOperations.createSnapshotFromImage)
  on(snapshotOperations.getSnapshot, ({ params, reply }) => reply(200, toDto(required(params))))
  on(snapshotOperations.deleteSnapshot, async ({ params, reply }) => {
    await snapshots.remove(required(params))
    reply(200)
  })
  // Each is active from its creation on.
  on(snapshotOperations.activateSnapshot, ({ params, reply }) => reply(200, toDto(required(params))))
  on(snapshotOperations.deactivateSnapshot, ({ params }) => {
    const { name } = required(params)
    throw unsupported(refusals.deactivation(name))
  })
  on(snapshotOperations.getSnapshotBuildLogsUrl, ({ params, request, reply }) => {
    const { id } = required(params)
    reply(200, { url: `${baseUrl(request, options)}/api/snapshots/${id}/build-logs` })
  })
  on(snapshotOperations.getSnapshotBuildLogs, ({ params, response }) => {
    required(params)
    sendBuildLogs(response)
  })
}

function snapshotPage(all: SnapshotDto[], query: SnapshotQuery) {
  const wanted = all.filter(
    (it) =>
      (query.name === undefined || it.name.toLowerCase().includes(query.name.toLowerCase())) &&
      (query.sourceSandboxId === undefined || it.sourceSandboxId === query.sourceSandboxId),
  )
  const direction = query.order === 'asc' ? 1 : -1
  // Snapshots that were never used come last in either order.
  const sorted = wanted.sort((a, b) => {
    const [left, right] = [a[query.sort], b[query.sort]]
    if (left === right) return a.id < b.id ? -1 : 1
    if (left === null || right === null) return left === null ? 1 : -1
    return left < right ? -direction : direction
  })
  return pageOf(sorted, query)
}
