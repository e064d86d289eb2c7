/** The engine's one port: control plane, toolbox proxy, previews, events. Every request passes the same checks first. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { endPendingResponses } from '@/lib/edge/pending-responses'
import { normalisedPath } from '@/lib/edge/request-target'
import { type Ceilings, SocketCeilings } from '@/lib/edge/socket-ceilings'
import type { TrustedProxies } from '@/lib/edge/trusted-proxies'
import { ApiError } from '@/lib/process-api/errors'
import { toolboxPort } from '@/lib/process-api/previews'
import { handleInvalidRequests } from '../http/invalid-requests'
import { sendError } from '../http/reply'
import { type RegisteredRoute, Router } from '../http/router'
import { writeUpgradeError } from '../http/upgrade-error'
import { registerDocs } from '../openapi/routes'
import { bringsKey } from './access/credentials'
import type { EngineHosts, PreviewHost } from './access/host-check'
import { requireOwnPage } from './access/origin-check'
import { disableCorsHeader } from './access/proxy-headers'
import { ownOrigin } from './access/public-address'
import { holderOf, takePlace } from './access/upgrade-ceilings'
import { EventStream } from './events/event-stream'
import { SdkEvents } from './events/sdk-events'
import { pageElsewhere } from './previews/page-at-port'
import { previewRequest, proxyRequest, proxyUpgrade } from './proxy/proxy'
import { registerApi } from './routes/api-routes'
import type { Sandboxes } from './sandboxes/sandboxes'
import type { Snapshots } from './snapshots/snapshots'

export interface EngineServerOptions {
  readonly apiKey: string
  readonly sandboxes: Sandboxes
  readonly snapshots: Snapshots
  readonly authority: string
  /** Where the built style and script of the page at `/docs` are. */
  readonly docsDir: string
  /** Names and origins under which the engine may be addressed; asked for each request, as the port is known late. */
  readonly hosts: EngineHosts
  readonly proxies: TrustedProxies
  /** Sockets that were upgraded, at a time. */
  readonly sockets: Ceilings
  /** Pages of sandboxes may be shown under the host name of the engine. */
  readonly sharedPages: boolean
}

export interface EngineServer {
  readonly http: Server
  /** What the control plane answers, apart from what goes on to a toolbox. */
  readonly routes: readonly RegisteredRoute[]
  /** Tell the listeners that the engine stops, and let nobody in any more. */
  close(): void
}

/** Longest body of a control-plane request; toolbox bodies are checked where they are read. */
const bodyLimit = 1024 * 1024
/** As in the toolbox: the environment of a new PTY comes as a header. */
const maxHeaderSize = 96 * 1024
const toolboxPrefix = '/toolbox/'

/** Set up the server; the caller makes it listen. */
export function createEngineServer(options: EngineServerOptions): EngineServer {
  const { apiKey, sandboxes, proxies, sharedPages } = options
  const router = new Router(bodyLimit, 'DAYTONA_API')
  registerApi(router, options)
  registerDocs(router, options)
  const events = new EventStream(sandboxes)
  events.register(router, apiKey)
  const sdkEvents = new SdkEvents(sandboxes, apiKey)
  const proxy = { apiKey, sharedPages, find: (id: string) => sandboxes.byIdOnly(id) }
  const places = new SocketCeilings(options.sockets)

  const http = createServer({ maxHeaderSize, requireHostHeader: false })
  const isClosed = endPendingResponses(http)
  http.on('request', async (request, response) => {
    if (isClosed(request)) return
    let preview: PreviewHost | null
    try {
      proxies.apply(request)
      preview = readHost(request, options.hosts)
    } catch (error) {
      refuse(request, response, error)
      return
    }
    const isOpen = request.headers[disableCorsHeader] !== 'true'
    const { origin } = request.headers
    if (isOpen && origin) {
      const isTrusted = preview ? options.hosts.isSameSandbox(origin, ownOrigin(request), preview) : isToolbox(request)
      allowOrigin(response, origin, isTrusted)
    }
    // A program answers its own OPTIONS requests, but those that a browser sends ahead come without credentials.
    if (request.method === 'OPTIONS' && (preview === null || (isOpen && isPreflight(request)))) {
      answerPreflight(request, response)
      return
    }
    let elsewhere: string | null
    try {
      requireTarget(request, preview)
      if (isForUs(preview)) requireOwnPage(request, options.hosts, false)
      elsewhere = preview || sharedPages ? null : pageElsewhere(request, options.hosts)
    } catch (error) {
      refuse(request, response, error)
      return
    }
    if (elsewhere !== null) {
      response.writeHead(307, { location: elsewhere, 'cache-control': 'no-store', 'content-length': 0 }).end()
      return
    }
    // A sandbox that is not known yet must not be taken for one that does not exist.
    await sandboxes.opened
    if (preview) await previewRequest(proxy, preview, request, response)
    else if (isToolbox(request)) await proxyRequest(proxy, request, response)
    else if (sdkEvents.isFor(request)) sdkEvents.handle(request, response)
    else await router.handle(request, response)
  })
  handleInvalidRequests(http, 'DAYTONA_PROXY')
  http.on('upgrade', async (request, socket: Duplex, head) => {
    socket.on('error', () => socket.destroy())
    let preview: PreviewHost | null
    /** Count the socket in once it is known whose it is; throws 429 where there is no place. */
    let enter: () => void
    try {
      const address = proxies.apply(request)
      const known = readHost(request, options.hosts)
      preview = known
      requireTarget(request, preview)
      if (isForUs(preview)) requireOwnPage(request, options.hosts, true)
      enter = () => takePlace(places, holderOf(request, known), address, socket)
      // The key of the SDK's events comes after the upgrade.
      if (preview === null && !isToolbox(request) && (sdkEvents.isFor(request) || bringsKey(request.headers, apiKey)))
        enter()
    } catch (error) {
      writeUpgradeError(socket, request, error, 'DAYTONA_PROXY')
      return
    }
    if (preview === null && sdkEvents.isFor(request)) {
      sdkEvents.upgrade(request, socket, head)
      return
    }
    await sandboxes.opened
    if (preview || isToolbox(request)) await proxyUpgrade(proxy, { preview, request, socket, head, enter })
    else await router.upgrade(request, socket, head)
  })
  // Clients keep their connections; a command may take hours to answer and an upload hours to arrive.
  http.keepAliveTimeout = 70_000
  http.headersTimeout = 75_000
  http.requestTimeout = 0
  return {
    http,
    routes: router.registered,
    close() {
      events.close()
      sdkEvents.close()
      http.close()
      http.closeIdleConnections()
    },
  }
}

/** Check the host, and note the scheme under which it is served for all that follows. */
function readHost(request: IncomingMessage, hosts: EngineHosts): PreviewHost | null {
  const { headers } = request
  const preview = hosts.requireKnown(headers.host)
  const said = headers['x-forwarded-proto']
  headers['x-forwarded-proto'] = hosts.schemeOf(headers.host ?? '', said === undefined ? undefined : String(said))
  return preview
}

/** A program behind a preview is asked for whatever its visitor asks for; what is for us must be a proper path. */
function requireTarget(request: IncomingMessage, preview: PreviewHost | null): void {
  if (!isForUs(preview) || normalisedPath(request.url) !== null) return
  throw new ApiError('BAD_REQUEST', 'the request target is not a valid path')
}

/** Whether the engine or a toolbox answers, and not a program of a sandbox. */
function isForUs(preview: PreviewHost | null): boolean {
  return preview === null || preview.port === toolboxPort
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  request.resume()
  const [path = '/'] = (request.url ?? '/').split('?')
  sendError(response, error, { method: request.method ?? 'GET', path }, 'DAYTONA_PROXY')
}

function isToolbox(request: IncomingMessage): boolean {
  return request.url?.startsWith(toolboxPrefix) ?? false
}

/**
 * Any origin may ask, as in the reference: what protects is a key or a token, which no foreign page has.
 * @param credentials the page may send cookies along: below `/toolbox/` none counts; those of a previewed program are
 *   for the pages of the same sandbox, unless the program itself says otherwise
 */
function allowOrigin(response: ServerResponse, origin: string, credentials: boolean): void {
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Vary', 'Origin')
  if (credentials) response.setHeader('Access-Control-Allow-Credentials', 'true')
}

function isPreflight({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined
}

function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const asked = request.headers['access-control-request-headers']
  response.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS',
    'Access-Control-Max-Age': '600',
    ...(asked ? { 'Access-Control-Allow-Headers': asked } : {}),
  })
  response.end()
}
