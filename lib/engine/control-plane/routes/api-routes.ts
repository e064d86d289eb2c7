/** The control plane's routes under `/api` (process API 3.4), thin over `Sandboxes`. */
import { ApiError } from '@/lib/process-api/errors'
import { intervalMinutesSchema, labelsRequestSchema, publicFlagSchema } from '@/lib/process-api/sandbox'
import { sendEmpty, sendJson } from '../../http/reply'
import type { Routes } from '../../http/router'
import { contractVersion } from '../../toolbox/routes/info'
import { ownOriginOr } from '../access/public-address'
import { stateChangeInProgress } from '../sandbox/sandbox'
import { causes } from '../sandbox/stop-cause'
import { stopSandbox } from '../sandboxes/idle-watch'
import { registerCopies } from './copy-routes'
import { checkCreateRequest, createBodySchema } from './create-request'
import { registerLife } from './life-routes'
import { registerPreviews } from './preview-routes'
import { listPage, numberedPage } from './sandbox-list'
import {
  type ApiOptions,
  forClient,
  readParameter,
  requireSandbox,
  sendSandbox,
  signedInRoutes,
  toolboxUrl,
} from './signed-in-routes'
import { registerSnapshots } from './snapshot-routes'
import { registerAbsent } from './unsupported-routes'

export function registerApi(routes: Routes, options: ApiOptions): void {
  const { sandboxes } = options
  const signedIn = signedInRoutes(routes, options)
  const { on, onSandbox } = signedIn
  const listed = () => [...sandboxes].map((sandbox) => ({ record: sandbox.record, state: sandbox.state, sandbox }))

  on('POST', '/api/sandbox', async (context) => {
    const request = await context.json(createBodySchema, { name: 'CreateSandbox', code: 'BAD_REQUEST' })
    checkCreateRequest(request)
    sendSandbox(context, 200, await sandboxes.create(request), options)
  })

  on('GET', '/api/sandbox', (context) => {
    const url = toolboxUrl(context.request, options)
    const { items, nextCursor } = listPage(listed(), context.query)
    const shown = items.map(({ sandbox }) => forClient(context, sandbox.toListItem(url)))
    sendJson(context.response, 200, { items: shown, nextCursor })
  })
  on('GET', '/api/sandbox/paginated', (context) => {
    const url = toolboxUrl(context.request, options)
    const { items, ...numbers } = numberedPage(listed(), context.query)
    const shown = items.map(({ sandbox }) => forClient(context, sandbox.toDto(url)))
    sendJson(context.response, 200, { items: shown, ...numbers })
  })

  onSandbox('GET', '', 200, () => {})
  onSandbox('POST', '/start', 200, (sandbox) => {
    if (!['started', 'stopped', 'starting', 'error'].includes(sandbox.state)) throw stateChangeInProgress()
    return sandbox.start()
  })
  onSandbox('POST', '/stop', 200, (sandbox, { query }) => {
    if (sandbox.state === 'stopped') throw new ApiError('BAD_REQUEST', 'Sandbox is not in a stoppable state')
    if (!['started', 'starting', 'error'].includes(sandbox.state)) throw stateChangeInProgress()
    return stopSandbox(sandbox, causes.stopRequested, query.get('force') === 'true')
  })
  onSandbox('DELETE', '', 200, (sandbox) => sandbox.destroy(causes.deletionRequested))
  onSandbox('PUT', '/labels', 200, async (sandbox, context) => {
    const { labels } = await context.json(labelsRequestSchema, { name: 'SandboxLabels', code: 'BAD_REQUEST' })
    sandbox.update({ labels })
  })
  onSandbox('POST', '/autostop/:n', 201, (sandbox, context) => {
    sandbox.update({ autoStopInterval: Math.max(0, readParameter(intervalMinutesSchema, context, 'n')) })
  })
  onSandbox('POST', '/autoarchive/:n', 201, (sandbox, context) => {
    sandbox.update({ autoArchiveInterval: Math.max(0, readParameter(intervalMinutesSchema, context, 'n')) })
  })
  onSandbox('POST', '/autodelete/:n', 201, (sandbox, context) => {
    sandbox.update({ autoDeleteInterval: readParameter(intervalMinutesSchema, context, 'n') })
  })
  onSandbox('POST', '/public/:flag', 201, (sandbox, context) => {
    sandbox.update({ public: readParameter(publicFlagSchema, context, 'flag') === 'true' })
  })

  on('POST', '/api/sandbox/:id/last-activity', (context) => {
    requireSandbox(sandboxes, context).noteActivity()
    sendEmpty(context.response, 201)
  })
  on('GET', '/api/sandbox/:id/toolbox-proxy-url', (context) => {
    requireSandbox(sandboxes, context)
    sendJson(context.response, 200, { url: toolboxUrl(context.request, options) })
  })

  routes.route('GET', '/api/config', ({ request, response }) => {
    sendJson(response, 200, {
      version: contractVersion,
      // Nobody signs in here with an account; clients of 0.226 want all four.
      oidc: { issuer: '', clientId: '', audience: '', provider: '' },
      linkedAccountsEnabled: false,
      announcements: {},
      proxyTemplateUrl:
        options.hosts.previewOrigin(ownOriginOr(request, options.authority), '{{PORT}}-{{sandboxId}}') ??
        `${toolboxUrl(request, options)}/{{sandboxId}}/proxy/{{PORT}}/`,
      proxyToolboxUrl: toolboxUrl(request, options),
      defaultSnapshot: 'default',
      dashboardUrl: '',
      maxAutoArchiveInterval: 43_200,
      maintananceMode: false,
      environment: 'local',
    })
  })
  for (const path of ['/health', '/api/health', '/api/health/ready']) {
    routes.route('GET', path, ({ response }) => sendJson(response, 200, { status: 'ok', version: contractVersion }))
  }

  registerLife(signedIn, options)
  registerPreviews(signedIn, options)
  registerCopies(signedIn, options)
  registerSnapshots(signedIn, options)
  registerAbsent(signedIn, options)
}
