/** `/api/warm-pools`: the one pool of this engine can be looked at; how large it is, its setting says. */
import { ApiError } from '@/lib/process-api/errors'
import type { WarmPoolDto } from '@/lib/process-api/warm-pools'
import { sendJson } from '../../http/reply'
import { defaultTemplate, localTarget, organizationId } from '../sandbox/sandbox-record'
import type { WarmPool } from '../sandboxes/warm-pool'
import { refusals } from './refusals'
import { type ApiOptions, type SignedInRoutes, unsupported } from './signed-in-routes'

const poolId = '00000000-0000-4000-8000-000000000003'

export function registerWarmPools({ on }: SignedInRoutes, { sandboxes: { pool } }: ApiOptions): void {
  on('GET', '/api/warm-pools', ({ response }) => sendJson(response, 200, pool.size === 0 ? [] : [toDto(pool)]))
  on('POST', '/api/warm-pools', () => {
    throw unsupported(refusals.warmPools)
  })
  for (const method of ['PATCH', 'DELETE'] as const) {
    on(method, '/api/warm-pools/:id', ({ param }) => {
      if (param('id') === poolId && pool.size > 0) throw unsupported(refusals.warmPools)
      throw new ApiError('NOT_FOUND', `Warm pool with ID ${param('id').slice(0, 128)} not found`)
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
