/**
 * What this engine does not have: volumes, a vault of secrets, SSH, telemetry over time, an object storage. Lists of
 * them are empty, as they truly are; a request for one is refused with a sentence that names the alternative.
 */
import { ApiError } from '@/lib/process-api/errors'
import { refusals } from '@/lib/process-api/operations/refusals'
import { unsupportedOperations } from '@/lib/process-api/operations/unsupported'
import { refusalOf } from '../../http/refusal'
import { type ApiOptions, type AuthenticatedRoutes, baseUrl, requireSandbox, unsupported } from './authenticated-routes'
import { sendBuildLogs } from './build-logs'
import { registerWarmPools } from './warm-pool-routes'

export function registerUnsupported(signedIn: AuthenticatedRoutes, options: ApiOptions): void {
  registerVolumes(signedIn)
  registerSecrets(signedIn, options)
  registerSsh(signedIn)
  registerTelemetry(signedIn, options)
  registerBuildLogs(signedIn, options)
  registerWarmPools(signedIn, options)

  signedIn.refuse(unsupportedOperations.getPushAccess)
  signedIn.refuse(unsupportedOperations.listForRunner)
  signedIn.refuse(unsupportedOperations.setStateByRunner)
  signedIn.refuse(unsupportedOperations.getOrganizationForRunner)
  signedIn.refuse(unsupportedOperations.getQuotaForRunner)
}

/** @param what the type of the resource, which this engine has none of */
function notFound(what: string, value: string): ApiError {
  return new ApiError('NOT_FOUND', `${what} ${value.slice(0, 128)} not found`)
}

function registerVolumes({ on, refuse }: AuthenticatedRoutes): void {
  const { getVolume, deleteVolume } = unsupportedOperations
  on(unsupportedOperations.listVolumes, ({ reply }) => reply(200, []))
  refuse(unsupportedOperations.createVolume)
  on(unsupportedOperations.getVolumeByName, ({ params }) => {
    throw notFound('Volume with name', params.name)
  })
  for (const operation of [getVolume, deleteVolume]) {
    on(operation, ({ params }) => {
      throw notFound('Volume with ID', params.id)
    })
  }
}

function registerSecrets({ on, onSandbox, refuse }: AuthenticatedRoutes, { sandboxes }: ApiOptions): void {
  const { getSecret, changeSecret, deleteSecret } = unsupportedOperations
  on(unsupportedOperations.listSecrets, ({ reply }) => reply(200, []))
  on(unsupportedOperations.listSecretsByPage, ({ reply }) => reply(200, { items: [], total: 0, nextCursor: null }))
  refuse(unsupportedOperations.createSecret)
  for (const operation of [getSecret, changeSecret, deleteSecret]) {
    on(operation, ({ params }) => {
      throw notFound('Secret with ID', params.id)
    })
  }
  on(unsupportedOperations.listSandboxSecrets, ({ params, reply }) => {
    requireSandbox(sandboxes, params)
    reply(200, [])
  })
  onSandbox(unsupportedOperations.setSandboxSecrets, async (_sandbox, { body }) => {
    const { secrets } = await body()
    // Detaching all secrets is a no-op.
    if (secrets.length > 0) throw unsupported(refusals.secrets)
  })
}

function registerSsh({ on, onSandbox }: AuthenticatedRoutes): void {
  const { createSshAccess } = unsupportedOperations
  onSandbox(createSshAccess, () => {
    throw refusalOf(createSshAccess)
  })
  onSandbox(unsupportedOperations.revokeSshAccess, (_sandbox, { query }) => {
    if (query.token) throw new ApiError('NOT_FOUND', 'SSH access not found')
  })
  on(unsupportedOperations.validateSshAccess, ({ reply }) => reply(200, { valid: false, sandboxId: '' }))
}

/** Nothing is measured over time here; the toolbox returns the present values (`/system/metrics`). */
function registerTelemetry({ on }: AuthenticatedRoutes, { sandboxes }: ApiOptions): void {
  const { listTelemetryLogs, listTelemetryTraces } = unsupportedOperations
  on(unsupportedOperations.getTelemetryMetrics, ({ params, reply }) => {
    requireSandbox(sandboxes, params)
    reply(200, { series: [] })
  })
  for (const operation of [listTelemetryLogs, listTelemetryTraces]) {
    on(operation, ({ params, query, reply }) => {
      requireSandbox(sandboxes, params)
      const { page } = query
      reply(200, { items: [], total: 0, page, totalPages: 0 })
    })
  }
  on(unsupportedOperations.getTelemetryTrace, ({ params, reply }) => {
    requireSandbox(sandboxes, params)
    reply(200, [])
  })
}

function registerBuildLogs({ on }: AuthenticatedRoutes, options: ApiOptions): void {
  on(unsupportedOperations.getBuildLogsUrl, ({ params, request, reply }) => {
    const { record } = requireSandbox(options.sandboxes, params)
    reply(200, { url: `${baseUrl(request, options)}/api/sandbox/${record.id}/build-logs` })
  })
  on(unsupportedOperations.getBuildLogs, ({ params, response }) => {
    requireSandbox(options.sandboxes, params)
    sendBuildLogs(response)
  })
}
