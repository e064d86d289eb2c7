/** Users, organizations, keys and regions: an engine has one of each. */
import { ApiError } from '@/lib/process-api/errors'
import { accountOperations } from '@/lib/process-api/operations/account'
import { localTarget, organizationId } from '../sandbox/sandbox-record'
import type { ApiOptions, AuthenticatedRoutes } from './authenticated-routes'

const userId = '00000000-0000-4000-8000-000000000002'
const name = 'local'
const permissions = ['write:sandboxes', 'delete:sandboxes', 'write:snapshots', 'delete:snapshots']

export function registerAccount({ on, refuse }: AuthenticatedRoutes, options: ApiOptions): void {
  // The engine keeps no record of when it was set up; its key was made then.
  const since = options.keyCreatedAt.toISOString()
  const times = { createdAt: since, updatedAt: since }

  const { cpu, memory, disk } = options.quotas
  const organization = {
    id: organizationId,
    name,
    createdBy: userId,
    personal: true,
    ...times,
    suspended: false,
    suspendedAt: null,
    suspensionReason: '',
    suspendedUntil: null,
    suspensionCleanupGracePeriodHours: 0,
    maxCpuPerSandbox: cpu,
    maxMemoryPerSandbox: memory,
    maxDiskPerSandbox: disk,
    secretQuota: 0,
    maxSecretsPerSandbox: 0,
    snapshotDeactivationTimeoutMinutes: 0,
    sandboxLimitedNetworkEgress: false,
    previewWarningEnabled: false,
    ssoEnabled: false,
    defaultRegionId: localTarget,
    authenticatedRateLimit: null,
    sandboxCreateRateLimit: null,
    sandboxLifecycleRateLimit: null,
    experimentalConfig: {},
    otelConfig: null,
    authenticatedRateLimitTtlSeconds: null,
    sandboxCreateRateLimitTtlSeconds: null,
    sandboxLifecycleRateLimitTtlSeconds: null,
  }
  const owner = { userId, organizationId, name, email: '', role: 'owner' as const, assignedRoles: [], ...times }
  const key = {
    name: 'api-key',
    value: `…${options.apiKey.slice(-4)}`,
    createdAt: since,
    permissions,
    lastUsedAt: null,
    expiresAt: null,
    userId,
  }
  const region = {
    id: localTarget,
    name: localTarget,
    organizationId: null,
    regionType: 'shared' as const,
    ...times,
    proxyUrl: null,
  }

  on(accountOperations.getUser, ({ reply }) =>
    reply(200, { id: userId, name, email: '', emailVerified: false, publicKeys: [], createdAt: since }),
  )
  on(accountOperations.listOrganizations, ({ reply }) => reply(200, [organization]))
  on(accountOperations.listInvitations, ({ reply }) => reply(200, []))
  on(accountOperations.countInvitations, ({ reply }) => reply(200, 0))
  on(accountOperations.getOrganization, ({ params, reply }) => {
    requireId('Organization', params.id, organizationId)
    reply(200, organization)
  })
  on(accountOperations.listOrganizationUsers, ({ params, reply }) => {
    requireId('Organization', params.id, organizationId)
    reply(200, [owner])
  })
  for (const operation of [accountOperations.listOrganizationRoles, accountOperations.listOrganizationInvitations]) {
    on(operation, ({ params, reply }) => {
      requireId('Organization', params.id, organizationId)
      reply(200, [])
    })
  }
  on(accountOperations.listApiKeys, ({ reply }) => reply(200, [key]))
  on(accountOperations.getCurrentApiKey, ({ reply }) => reply(200, key))
  for (const operation of [accountOperations.listRegions, accountOperations.listSharedRegions]) {
    on(operation, ({ reply }) => reply(200, [region]))
  }
  on(accountOperations.getRegion, ({ params, reply }) => {
    requireId('Region', params.id, localTarget)
    reply(200, region)
  })
  refuse(accountOperations.createOrganization)
  refuse(accountOperations.createApiKey)
  refuse(accountOperations.deleteApiKey)
}

function requireId(what: string, id: string, only: string): void {
  if (id !== only) throw new ApiError('NOT_FOUND', `${what} ${id.slice(0, 128)} not found`)
}
