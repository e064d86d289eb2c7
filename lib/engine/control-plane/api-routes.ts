/** The control plane's routes under `/api` (process API 3.4), thin over `Sandboxes`. */
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { labelsRequest } from '@/lib/process-api/sandbox'
import { sendEmpty, sendJson } from '../toolbox/http/reply'
import type { Handler, RequestContext, Routes } from '../toolbox/http/router'
import { contractVersion } from '../toolbox/info/routes'
import { checkCreateRequest, createBody } from './create-request'
import { requireKey } from './credentials'
import { stopSandbox } from './idle-watch'
import type { Sandbox } from './sandbox'
import { listPage } from './sandbox-list'
import type { Sandboxes } from './sandboxes'

export interface ApiOptions {
  readonly apiKey: string
  readonly sandboxes: Sandboxes
  /** Host and port for requests that name none. */
  readonly authority: string
}

/** The reference refuses ids with other characters before it looks for them. */
const longestName = 256
const interval = z.coerce.number().int().min(-1).max(525_600)
const port = z.coerce.number().int().min(1).max(65_535)

export function registerApi(routes: Routes, options: ApiOptions): void {
  const { sandboxes, apiKey } = options
  const signedIn =
    (handler: Handler): Handler =>
    (context) => {
      requireKey(context.request.headers, apiKey)
      return handler(context)
    }
  const on = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, handler: Handler) =>
    routes.route(method, path, signedIn(handler))
  /** A route of one sandbox that answers with its DTO. */
  const onSandbox = (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    status: number,
    act: (sandbox: Sandbox, context: RequestContext) => Promise<void> | void,
  ) =>
    on(method, `/api/sandbox/:id${path}`, async (context) => {
      const sandbox = requireSandbox(sandboxes, context)
      await act(sandbox, context)
      sendJson(context.response, status, sandbox.toDto(toolboxUrl(context.request, options)))
    })

  on('POST', '/api/sandbox', async (context) => {
    const request = await context.json(createBody, { name: 'CreateSandbox', code: 'BAD_REQUEST' })
    checkCreateRequest(request)
    const sandbox = await sandboxes.create(request)
    sendJson(context.response, 200, sandbox.toDto(toolboxUrl(context.request, options)))
  })

  on('GET', '/api/sandbox', ({ request, response, query }) => {
    const url = toolboxUrl(request, options)
    const all = [...sandboxes].map((sandbox) => ({ record: sandbox.record, state: sandbox.state, sandbox }))
    const { items, nextCursor } = listPage(all, query)
    sendJson(response, 200, { items: items.map(({ sandbox }) => sandbox.toListItem(url)), nextCursor })
  })

  onSandbox('GET', '', 200, () => {})
  onSandbox('POST', '/start', 200, (sandbox) => {
    if (!['started', 'stopped', 'starting', 'error'].includes(sandbox.state)) throw inTransition()
    return sandbox.start()
  })
  onSandbox('POST', '/stop', 200, (sandbox, { query }) => {
    if (sandbox.state === 'stopped') throw new ApiError('BAD_REQUEST', 'Sandbox is not in a stoppable state')
    if (!['started', 'starting', 'error'].includes(sandbox.state)) throw inTransition()
    return stopSandbox(sandbox, query.get('force') === 'true')
  })
  onSandbox('DELETE', '', 200, (sandbox) => sandbox.destroy())
  onSandbox('PUT', '/labels', 200, async (sandbox, context) => {
    const { labels } = await context.json(labelsRequest, { name: 'SandboxLabels', code: 'BAD_REQUEST' })
    sandbox.update({ labels })
  })
  onSandbox('POST', '/autostop/:n', 201, (sandbox, context) => {
    sandbox.update({ autoStopInterval: Math.max(0, read(interval, context, 'n')) })
  })
  onSandbox('POST', '/autoarchive/:n', 201, (sandbox, context) => {
    sandbox.update({ autoArchiveInterval: Math.max(0, read(interval, context, 'n')) })
  })
  onSandbox('POST', '/autodelete/:n', 201, (sandbox, context) => {
    sandbox.update({ autoDeleteInterval: read(interval, context, 'n') })
  })
  onSandbox('POST', '/public/:flag', 201, (sandbox, context) => {
    sandbox.update({ public: read(z.enum(['true', 'false']), context, 'flag') === 'true' })
  })

  on('POST', '/api/sandbox/:id/last-activity', (context) => {
    requireSandbox(sandboxes, context).noteActivity()
    sendEmpty(context.response, 201)
  })
  on('GET', '/api/sandbox/:id/toolbox-proxy-url', (context) => {
    requireSandbox(sandboxes, context)
    sendJson(context.response, 200, { url: toolboxUrl(context.request, options) })
  })
  on('GET', '/api/sandbox/:id/ports/:port/preview-url', (context) => {
    const { record } = requireSandbox(sandboxes, context)
    const number = read(port, context, 'port', 'Invalid port')
    const url = `http://${number}-${record.id}.localhost:${options.authority.split(':').at(-1)}`
    sendJson(context.response, 200, { sandboxId: record.id, url, token: record.authToken })
  })

  routes.route('GET', '/api/config', ({ request, response }) => {
    const base = `http://${request.headers.host ?? options.authority}`
    sendJson(response, 200, {
      version: contractVersion,
      oidc: { issuer: '', clientId: '', audience: '' },
      linkedAccountsEnabled: false,
      announcements: {},
      proxyTemplateUrl: `http://{{PORT}}-{{sandboxId}}.localhost:${options.authority.split(':').at(-1)}`,
      proxyToolboxUrl: `${base}/toolbox`,
      defaultSnapshot: 'default',
      dashboardUrl: '',
      maxAutoArchiveInterval: 43_200,
      maintananceMode: false,
      environment: 'local',
    })
  })
  for (const path of ['/health', '/api/health']) {
    routes.route('GET', path, ({ response }) => sendJson(response, 200, { status: 'ok', version: contractVersion }))
  }
}

function requireSandbox(sandboxes: Sandboxes, context: RequestContext): Sandbox {
  return sandboxes.require(context.param('id').slice(0, longestName))
}

function read<Schema extends z.ZodType>(
  schema: Schema,
  context: RequestContext,
  name: string,
  message?: string,
): z.output<Schema> {
  const parsed = schema.safeParse(context.param(name))
  if (parsed.success) return parsed.data
  throw new ApiError('BAD_REQUEST', message ?? `${name}: ${parsed.error.issues[0]?.message ?? 'not valid'}`)
}

function inTransition(): ApiError {
  return new ApiError('CONFLICT', 'Sandbox state change in progress')
}

/** Under the name that the client used, so that it works through whatever stands in between. */
function toolboxUrl(request: IncomingMessage, { authority }: ApiOptions): string {
  return `http://${request.headers.host ?? authority}/toolbox`
}
