/** Routes that change how long a sandbox lives and what it may use. */

import type { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { refusals } from '@/lib/process-api/operations/refusals'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { unsupportedOperations } from '@/lib/process-api/operations/unsupported'
import type { resizeRequestSchema } from '@/lib/process-api/sandbox'
import { refusalOf } from '../../http/refusal'
import { checkNetwork } from '../sandbox/network-request'
import { type Sandbox, stateChangeInProgress } from '../sandbox/sandbox'
import { destroyTime } from '../sandbox/sandbox-record'
import { causes } from '../sandbox/stop-cause'
import { type ApiOptions, type AuthenticatedRoutes, unsupported } from './authenticated-routes'

export function registerLife({ onSandbox }: AuthenticatedRoutes, { sandboxes }: ApiOptions): void {
  // The time runs from now on, as the reference has it for a sandbox that exists.
  onSandbox(sandboxOperations.setTimeToLive, (sandbox, { params }) => {
    sandbox.update({ autoDestroyAt: destroyTime(params.minutes) })
  })
  onSandbox(sandboxOperations.setAutoPause, (_sandbox, { params }) => {
    if (params.minutes > 0) throw unsupported(refusals.pause)
  })
  const { pauseSandbox } = unsupportedOperations
  onSandbox(pauseSandbox, () => {
    throw refusalOf(pauseSandbox)
  })
  onSandbox(sandboxOperations.archiveSandbox, (sandbox) => sandbox.archive())
  // Backups are obsolete in the reference too: the route responds and does nothing.
  onSandbox(sandboxOperations.backupSandbox, () => {})

  onSandbox(sandboxOperations.recoverSandbox, async (sandbox, { query }) => {
    const { skipStart } = query
    if (sandbox.state !== 'error') throw new ApiError('BAD_REQUEST', 'Sandbox is not in an error state')
    if (skipStart === 'true') await sandbox.stop(causes.stopRequested)
    else await sandbox.start()
  })

  onSandbox(sandboxOperations.resizeSandbox, async (sandbox, { body }) => {
    const wanted = await body()
    sandboxes.checkResources(wanted)
    await resize(sandbox, wanted)
  })

  onSandbox(sandboxOperations.setSandboxNetwork, async (sandbox, { body }) => {
    const policy = checkNetwork(await body(), sandbox)
    if (policy === null) {
      throw new ApiError('BAD_REQUEST', 'one of networkBlockAll, networkAllowList and networkPolicy is required')
    }
    await sandbox.setNetwork(policy)
  })
}

async function resize(sandbox: Sandbox, wanted: z.infer<typeof resizeRequestSchema>): Promise<void> {
  const { record } = sandbox
  const after = {
    cpu: wanted.cpu ?? record.cpu,
    memory: wanted.memory ?? record.memory,
    disk: wanted.disk ?? record.disk,
  }
  if (Object.values(wanted).every((value) => value === undefined || value === null)) {
    throw new ApiError('BAD_REQUEST', 'at least one of cpu, memory and disk is required')
  }
  if (after.disk < record.disk) throw new ApiError('BAD_REQUEST', 'Disk size can only be increased')
  if (!['started', 'stopped', 'archived', 'error'].includes(sandbox.state)) throw stateChangeInProgress()
  await sandbox.resize(after)
}
