/** `/api/snapshots`: what sandboxes can be made from (process API 3.4). */
import { type SnapshotDto, type SnapshotQuery, snapshotQuerySchema } from '@/lib/process-api/snapshots'
import { sendEmpty, sendJson } from '../../http/reply'
import type { RequestContext } from '../../http/router'
import type { Snapshot } from '../snapshots/snapshots'
import { sendBuildLogs } from './build-logs'
import { parseRepeatedQuery } from './query'
import { refusals } from './refusals'
import { type ApiOptions, baseUrl, type SignedInRoutes, unsupported } from './signed-in-routes'

export function registerSnapshots({ on }: SignedInRoutes, options: ApiOptions): void {
  const { snapshots, sandboxes } = options
  const required = (context: RequestContext) => snapshots.require(context.param('id'))
  const toDto = (snapshot: Snapshot): SnapshotDto => {
    const uses = [...sandboxes].filter((it) => it.record.snapshot === snapshot.name).map((it) => it.record.createdAt)
    return snapshots.toDto(snapshot, uses.sort().at(-1) ?? null)
  }

  on('GET', '/api/snapshots', ({ response, query }) => {
    sendJson(response, 200, snapshotPage([...snapshots].map(toDto), parseRepeatedQuery(query, snapshotQuerySchema)))
  })
  on('POST', '/api/snapshots', () => {
    throw unsupported(refusals.images)
  })
  on('GET', '/api/snapshots/:id', (context) => sendJson(context.response, 200, toDto(required(context))))
  on('DELETE', '/api/snapshots/:id', async (context) => {
    await snapshots.remove(required(context))
    sendEmpty(context.response, 200)
  })
  // Each is active from its creation on.
  on('POST', '/api/snapshots/:id/activate', (context) => sendJson(context.response, 200, toDto(required(context))))
  on('POST', '/api/snapshots/:id/deactivate', (context) => {
    const { name } = required(context)
    throw unsupported(refusals.deactivation(name))
  })
  on('GET', '/api/snapshots/:id/build-logs-url', (context) => {
    const { id } = required(context)
    sendJson(context.response, 200, { url: `${baseUrl(context.request, options)}/api/snapshots/${id}/build-logs` })
  })
  on('GET', '/api/snapshots/:id/build-logs', (context) => {
    required(context)
    sendBuildLogs(context.response)
  })
}

function snapshotPage(all: SnapshotDto[], query: SnapshotQuery) {
  const wanted = all.filter(
    (it) =>
      (query.name === undefined || it.name.toLowerCase().includes(query.name.toLowerCase())) &&
      (query.sourceSandboxId === undefined || it.sourceSandboxId === query.sourceSandboxId),
  )
  const direction = query.order === 'asc' ? 1 : -1
  // What was never used comes last, whatever the order.
  const sorted = wanted.sort((a, b) => {
    const [left, right] = [a[query.sort], b[query.sort]]
    if (left === right) return a.id < b.id ? -1 : 1
    if (left === null || right === null) return left === null ? 1 : -1
    return left < right ? -direction : direction
  })
  const from = (query.page - 1) * query.limit
  return {
    items: sorted.slice(from, from + query.limit),
    total: sorted.length,
    page: query.page,
    totalPages: Math.ceil(sorted.length / query.limit),
  }
}
