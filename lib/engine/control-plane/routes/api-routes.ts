/** The control plane's routes under `/api` (process API 3.4), thin over `Sandboxes`. */
import { contractVersion } from '@/lib/process-api/engine-info'
import { ApiError } from '@/lib/process-api/errors'
import { engineOperations } from '@/lib/process-api/operations/engine'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { sendJson } from '../../http/reply'
import type { Routes } from '../../http/router'
import { ownOriginOr } from '../access/public-address'
import { stateChangeInProgress } from '../sandbox/sandbox'
import { causes } from '../sandbox/stop-cause'
import { maxAutoArchiveMinutes, stopSandbox } from '../sandboxes/idle-watch'
import { registerAccount } from './account-routes'
import {
  type ApiOptions,
  authenticatedRoutes,
  forClient,
  requireSandbox,
  sendSandbox,
  toolboxUrl,
} from './authenticated-routes'
import { registerCopies } from './copy-routes'
import { checkCreateRequest } from './create-request'
import { registerLife } from './life-routes'
import { registerPreviews } from './preview-routes'
import { listPage, numberedPage } from './sandbox-list'
import { registerSnapshots } from './snapshot-routes'
import { registerUnsupported } from './unsupported-routes'

export function registerApi(routes: Routes, options: ApiOptions): void {
  const { sandboxes } = options
  const signedIn = authenticatedRoutes(routes, options)
  const { on, onSandbox } = signedIn
  const listed = () => [...sandboxes].map((sandbox) => ({ record: sandbox.record, state: sandbox.state, sandbox }))

  on(sandboxOperations.createSandbox, async (context) => {
    const request = await context.body()
    checkCreateRequest(request)
    sendSandbox(context, 200, await sandboxes.create(request), options)
  })

  on(sandboxOperations.listSandboxes, (context) => {
    const url = toolboxUrl(context.request, options)
    const { items, nextCursor } = listPage(listed(), context.query)
    const shown = items.map(({ sandbox }) => forClient(context, sandbox.toListItem(url)))
    sendJson(context.response, 200, { items: shown, nextCursor })
  })
  on(sandboxOperations.listSandboxesByPage, (context) => {
    const url = toolboxUrl(context.request, options)
    const { items, ...numbers } = numberedPage(listed(), context.query)
    const shown = items.map(({ sandbox }) => forClient(context, sandbox.toDto(url)))
    sendJson(context.response, 200, { items: shown, ...numbers })
  })

  onSandbox(sandboxOperations.getSandbox, () => {})
  onSandbox(sandboxOperations.startSandbox, (sandbox) => {
    if (!['started', 'stopped', 'archived', 'starting', 'error'].includes(sandbox.state)) throw stateChangeInProgress()
    return sandbox.start()
  })
  onSandbox(sandboxOperations.stopSandbox, (sandbox, { query }) => {
    if (sandbox.state === 'stopped' || sandbox.state === 'archived')
      throw new ApiError('BAD_REQUEST', 'Sandbox is not in a stoppable state')
    if (!['started', 'starting', 'error'].includes(sandbox.state)) throw stateChangeInProgress()
    return stopSandbox(sandbox, causes.stopRequested, query.force)
  })
  onSandbox(sandboxOperations.deleteSandbox, (sandbox) => sandbox.destroy(causes.deletionRequested))
  onSandbox(sandboxOperations.setSandboxLabels, async (sandbox, { body }) => {
    const { labels } = await body()
    sandbox.update({ labels })
  })
  onSandbox(sandboxOperations.setAutoStop, (sandbox, { params }) => {
    sandbox.update({ autoStopInterval: Math.max(0, params.n) })
  })
  onSandbox(sandboxOperations.setAutoArchive, (sandbox, { params }) => {
    sandbox.update({ autoArchiveInterval: Math.max(0, params.n) })
  })
  onSandbox(sandboxOperations.setAutoDelete, (sandbox, { params }) => {
    sandbox.update({ autoDeleteInterval: params.n })
  })
  onSandbox(sandboxOperations.setSandboxPublic, (sandbox, { params }) => {
    sandbox.update({ public: params.flag === 'true' })
  })

  on(sandboxOperations.noteSandboxActivity, ({ params, reply }) => {
    requireSandbox(sandboxes, params).noteActivity()
    reply(201)
  })
  on(sandboxOperations.getToolboxUrl, ({ params, request, reply }) => {
    requireSandbox(sandboxes, params)
    reply(200, { url: toolboxUrl(request, options) })
  })

  routes.on(engineOperations.getConfig, ({ request, reply }) => {
    reply(200, {
      version: contractVersion,
      // There are no accounts to sign in with; clients of 0.226 want all four.
      oidc: { issuer: '', clientId: '', audience: '', provider: '' },
      linkedAccountsEnabled: false,
      announcements: {},
      proxyTemplateUrl:
        options.hosts.previewOrigin(ownOriginOr(request, options.authority), '{{PORT}}-{{sandboxId}}') ??
        `${toolboxUrl(request, options)}/{{sandboxId}}/proxy/{{PORT}}/`,
      proxyToolboxUrl: toolboxUrl(request, options),
      defaultSnapshot: 'default',
      dashboardUrl: '',
      maxAutoArchiveInterval: maxAutoArchiveMinutes,
      maintananceMode: false,
      environment: 'local',
    })
  })
  const { getHealth, getApiHealth, getApiReady } = engineOperations
  for (const operation of [getHealth, getApiHealth, getApiReady]) {
    routes.on(operation, ({ reply }) => reply(200, { status: 'ok', version: contractVersion }))
  }

  registerAccount(signedIn, options)
  registerLife(signedIn, options)
  registerPreviews(signedIn, options)
  registerCopies(signedIn, options)
  registerSnapshots(signedIn, options)
  registerUnsupported(signedIn, options)
}
