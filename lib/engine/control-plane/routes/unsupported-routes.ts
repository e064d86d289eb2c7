/**
 * What this engine does not have: volumes, a vault of secrets, SSH, telemetry over time, an object storage. Lists of
 * them are empty, as they truly are; whoever wants one is told in one sentence, and what there is instead.
 */
import { ApiError } from '@/lib/process-api/errors'
import {
  type SandboxSecrets,
  type SecretDto,
  type SecretPage,
  sandboxSecretsRequestSchema,
} from '@/lib/process-api/secrets'
import type { SshAccessValidation } from '@/lib/process-api/ssh-access'
import { type MetricsAnswer, type TelemetryPage, telemetryQuerySchema } from '@/lib/process-api/telemetry'
import type { VolumeDto } from '@/lib/process-api/volumes'
import { sendJson } from '../../http/reply'
import { sendBuildLogs } from './build-logs'
import { parseRepeatedQuery } from './query'
import { refusals } from './refusals'
import { type ApiOptions, baseUrl, requireSandbox, type SignedInRoutes, unsupported } from './signed-in-routes'
import { registerWarmPools } from './warm-pool-routes'

export function registerAbsent(signedIn: SignedInRoutes, options: ApiOptions): void {
  registerVolumes(signedIn)
  registerSecrets(signedIn, options)
  registerSsh(signedIn)
  registerTelemetry(signedIn, options)
  registerBuildLogs(signedIn, options)
  registerWarmPools(signedIn, options)

  signedIn.on('GET', '/api/object-storage/push-access', () => {
    throw unsupported(refusals.objectStorage)
  })
  // What the machines behind a fleet ask; the one user of this engine is none of them.
  const forRunners = () => {
    throw new ApiError('FORBIDDEN', refusals.runners)
  }
  signedIn.on('GET', '/api/sandbox/for-runner', forRunners)
  signedIn.on('PUT', '/api/sandbox/:id/state', forRunners)
  signedIn.on('GET', '/api/sandbox/:id/organization', forRunners)
  signedIn.on('GET', '/api/sandbox/:id/region-quota', forRunners)
}

function registerVolumes({ on }: SignedInRoutes): void {
  const none: VolumeDto[] = []
  const missing = (what: string) => new ApiError('NOT_FOUND', `Volume with ${what} not found`)
  on('GET', '/api/volumes', ({ response }) => sendJson(response, 200, none))
  on('POST', '/api/volumes', () => {
    throw unsupported(refusals.volumes)
  })
  on('GET', '/api/volumes/by-name/:name', ({ param }) => {
    throw missing(`name ${param('name').slice(0, 128)}`)
  })
  for (const method of ['GET', 'DELETE'] as const) {
    on(method, '/api/volumes/:id', ({ param }) => {
      throw missing(`ID ${param('id').slice(0, 128)}`)
    })
  }
}

function registerSecrets({ on, onSandbox }: SignedInRoutes, { sandboxes }: ApiOptions): void {
  const none: SecretDto[] = []
  const noPage: SecretPage = { items: none, total: 0, nextCursor: null }
  const noneMounted: SandboxSecrets = []
  on('GET', '/api/secret', ({ response }) => sendJson(response, 200, none))
  on('GET', '/api/secret/paginated', ({ response }) => sendJson(response, 200, noPage))
  on('POST', '/api/secret', () => {
    throw unsupported(refusals.secrets)
  })
  for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
    on(method, '/api/secret/:id', ({ param }) => {
      throw new ApiError('NOT_FOUND', `Secret with ID ${param('id').slice(0, 128)} not found`)
    })
  }
  on('GET', '/api/sandbox/:id/secrets', (context) => {
    requireSandbox(sandboxes, context)
    sendJson(context.response, 200, noneMounted)
  })
  onSandbox('PUT', '/secrets', 200, async (_sandbox, context) => {
    const rules = { name: 'UpdateSandboxSecrets', code: 'BAD_REQUEST' } as const
    const { secrets } = await context.json(sandboxSecretsRequestSchema, rules)
    // To detach all of none is no wish that could fail.
    if (secrets.length > 0) throw unsupported(refusals.secrets)
  })
}

function registerSsh({ on, onSandbox }: SignedInRoutes): void {
  onSandbox('POST', '/ssh-access', 200, () => {
    throw unsupported(refusals.ssh)
  })
  onSandbox('DELETE', '/ssh-access', 200, (_sandbox, { query }) => {
    if (query.get('token')) throw new ApiError('NOT_FOUND', 'SSH access not found')
  })
  const invalid: SshAccessValidation = { valid: false, sandboxId: '' }
  on('GET', '/api/sandbox/ssh-access/validate', ({ response }) => sendJson(response, 200, invalid))
}

/** Nothing is measured over time here; what holds now is told by the toolbox (`/system/metrics`). */
function registerTelemetry({ on }: SignedInRoutes, { sandboxes }: ApiOptions): void {
  const noMetrics: MetricsAnswer = { series: [] }
  on('GET', '/api/sandbox/:id/telemetry/metrics', (context) => {
    requireSandbox(sandboxes, context)
    sendJson(context.response, 200, noMetrics)
  })
  for (const kind of ['logs', 'traces']) {
    on('GET', `/api/sandbox/:id/telemetry/${kind}`, (context) => {
      requireSandbox(sandboxes, context)
      const { page } = parseRepeatedQuery(context.query, telemetryQuerySchema)
      const nothing: TelemetryPage = { items: [], total: 0, page, totalPages: 0 }
      sendJson(context.response, 200, nothing)
    })
  }
  on('GET', '/api/sandbox/:id/telemetry/traces/:trace', (context) => {
    requireSandbox(sandboxes, context)
    sendJson(context.response, 200, [])
  })
}

function registerBuildLogs({ on }: SignedInRoutes, options: ApiOptions): void {
  on('GET', '/api/sandbox/:id/build-logs-url', (context) => {
    const { record } = requireSandbox(options.sandboxes, context)
    sendJson(context.response, 200, { url: `${baseUrl(context.request, options)}/api/sandbox/${record.id}/build-logs` })
  })
  on('GET', '/api/sandbox/:id/build-logs', (context) => {
    requireSandbox(options.sandboxes, context)
    sendBuildLogs(context.response)
  })
}
