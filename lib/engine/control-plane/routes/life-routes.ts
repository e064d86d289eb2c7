/** Routes that change how long a sandbox lives and what it may use. */
import type { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import {
  networkSettingsRequestSchema,
  pauseMinutesSchema,
  recoverQuerySchema,
  resizeRequestSchema,
  ttlMinutesSchema,
} from '@/lib/process-api/sandbox'
import { parseQuery } from '../../http/query'
import { checkNetwork } from '../sandbox/network-request'
import { type Sandbox, stateChangeInProgress } from '../sandbox/sandbox'
import { destroyTime } from '../sandbox/sandbox-record'
import { causes } from '../sandbox/stop-cause'
import { refusals } from './refusals'
import { type ApiOptions, readParameter, type SignedInRoutes, unsupported } from './signed-in-routes'

export function registerLife({ onSandbox }: SignedInRoutes, { sandboxes }: ApiOptions): void {
  // The time runs from now on, as the reference has it for a sandbox that exists.
  onSandbox('POST', '/ttl/:minutes', 201, (sandbox, context) => {
    sandbox.update({ autoDestroyAt: destroyTime(readParameter(ttlMinutesSchema, context, 'minutes')) })
  })
  onSandbox('POST', '/autopause/:minutes', 201, (_sandbox, context) => {
    if (readParameter(pauseMinutesSchema, context, 'minutes') > 0) throw unsupported(refusals.pause)
  })
  onSandbox('POST', '/pause', 200, () => {
    throw unsupported(refusals.pause)
  })
  onSandbox('POST', '/archive', 200, () => {
    throw unsupported(refusals.archive)
  })
  // A backup has no meaning in the reference either any more: the route answers and does nothing.
  onSandbox('POST', '/backup', 200, () => {})

  onSandbox('POST', '/recover', 200, async (sandbox, { query }) => {
    const { skipStart } = parseQuery(query, recoverQuerySchema)
    if (sandbox.state !== 'error') throw new ApiError('BAD_REQUEST', 'Sandbox is not in an error state')
    if (skipStart === 'true') await sandbox.stop(causes.stopRequested)
    else await sandbox.start()
  })

  onSandbox('POST', '/resize', 200, async (sandbox, context) => {
    const wanted = await context.json(resizeRequestSchema, { name: 'ResizeSandbox', code: 'BAD_REQUEST' })
    sandboxes.checkResources(wanted)
    await resize(sandbox, wanted)
  })

  onSandbox('POST', '/network-settings', 200, async (sandbox, context) => {
    const rules = { name: 'UpdateSandboxNetworkSettings', code: 'BAD_REQUEST' } as const
    const settings = await context.json(networkSettingsRequestSchema, rules)
    const policy = checkNetwork(settings, sandbox)
    if (policy === null) {
      throw new ApiError('BAD_REQUEST', 'one of networkBlockAll, networkAllowList and networkPolicy is needed')
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
    throw new ApiError('BAD_REQUEST', 'at least one of cpu, memory and disk is needed')
  }
  if (after.disk < record.disk) throw new ApiError('BAD_REQUEST', 'Disk size can only be increased')
  if (!['started', 'stopped', 'error'].includes(sandbox.state)) throw stateChangeInProgress()
  await sandbox.resize(after)
}
