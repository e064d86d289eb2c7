/** `/api/warm-pools`: the one pool of this engine is read-only; a setting determines its size. */

import { ApiError } from '@/lib/process-api/errors'
import { snapshotOperations } from '@/lib/process-api/operations/snapshots'
import type { WarmPoolDto } from '@/lib/process-api/warm-pools'
import { refusalOf } from '../../http/refusal'
import { defaultTemplate, localTarget, organizationId } from '../sandbox/sandbox-record'
import type { WarmPool } from '../sandboxes/warm-pool'
import type { ApiOptions, AuthenticatedRoutes } from './authenticated-routes'

const poolId = '00000000-0000-4000-8000-000000000003'

export function registerWarmPools({ on, refuse }: AuthenticatedRoutes, { sandboxes: { pool } }: ApiOptions): void {
  on(snapshotOperations.listWarmPools, ({ reply }) => reply(200, pool.size === 0 ? [] : [toDto(pool)]))
  refuse(snapshotOperations.createWarmPool)
  const { changeWarmPool, deleteWarmPool } = snapshotOperations
  for (const operation of [changeWarmPool, deleteWarmPool]) {
    on(operation, ({ params }) => {
      if (params.id === poolId && pool.size > 0) throw refusalOf(operation)
      throw new ApiError('NOT_FOUND', `Warm pool with ID ${params.id.slice(0, 128)} not found`)
    })
  }
}

function toDto(pool: WarmPool): WarmPoolDto {
  return {
    id: poolId,
    organizationId,
    snapshot: defaultTemplate.name,
    target: localTarget,
    pool: pool.size,
    currentSize: pool.readyCount,
    cpu: defaultTemplate.cpu,
    mem: defaultTemplate.memory,
    disk: defaultTemplate.disk,
    osUser: 'daytona',
    env: {},
    createdAt: pool.since,
    updatedAt: pool.since,
  }
}
