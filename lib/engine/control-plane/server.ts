/** The engine's one port: control plane, toolbox proxy, previews, events. Every request passes the same checks first. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { registerDocs } from '../openapi/routes'
import { answerBrokenRequests } from '../toolbox/http/broken-requests'
import { sendError } from '../toolbox/http/reply'
import { type RegisteredRoute, Router } from '../toolbox/http/router'
import { writeUpgradeError } from '../toolbox/http/upgrade-error'
import { registerApi } from './api-routes'
import { EventStream } from './event-stream'
import { isSameSandbox, type PreviewHost, requireKnownHost } from './host-check'
import { previewRequest, proxyRequest, proxyUpgrade } from './proxy'
import { disableCorsHeader } from './proxy-headers'
import type { Sandboxes } from './sandboxes'
import { SdkEvents } from './sdk-events'
import type { Snapshots } from './snapshots'

export interface EngineServerOptions {
  readonly apiKey: string
  readonly sandboxes: Sandboxes
  readonly snapshots: Snapshots
  readonly authority: string
  /** Where the built style and script of the page at `/docs` are. */
  readonly docsDir: string
  /** Names besides those of the loopback under which the engine may be addressed. */
  readonly hosts: ReadonlySet<string>
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
  const { apiKey, sandboxes, hosts } = options
  const router = new Router(bodyLimit, 'DAYTONA_API')
  registerApi(router, options)
  registerDocs(router, options)
  const events = new EventStream(sandboxes)
  events.register(router, apiKey)
  const sdkEvents = new SdkEvents(sandboxes, apiKey)
  const proxy = { apiKey, find: (id: string) => sandboxes.byIdOnly(id) }

  const http = createServer({ maxHeaderSize, requireHostHeader: false }, async (request, response) => {
    let preview: PreviewHost | null
    try {
      preview = requireKnownHost(request.headers.host, hosts)
    } catch (error) {
      request.resume()
      const [path = '/'] = (request.url ?? '/').split('?')
      sendError(response, error, { method: request.method ?? 'GET', path }, 'DAYTONA_PROXY')
      return
    }
    const isOpen = request.headers[disableCorsHeader] !== 'true'
    const { origin } = request.headers
    if (isOpen && origin)
      allowOrigin(response, origin, preview ? isSameSandbox(origin, preview, hosts) : isToolbox(request))
    // A program answers its own OPTIONS requests, but those that a browser sends ahead come without credentials.
    if (request.method === 'OPTIONS' && (preview === null || (isOpen && isPreflight(request)))) {
      answerPreflight(request, response)
      return
    }
    // A sandbox that is not known yet must not be taken for one that does not exist.
    await sandboxes.opened
    if (preview) await previewRequest(proxy, preview, request, response)
    else if (isToolbox(request)) await proxyRequest(proxy, request, response)
    else if (sdkEvents.isFor(request)) sdkEvents.handle(request, response)
    else await router.handle(request, response)
  })
  answerBrokenRequests(http, 'DAYTONA_PROXY')
  http.on('upgrade', async (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    let preview: PreviewHost | null
    try {
      preview = requireKnownHost(request.headers.host, hosts)
    } catch (error) {
      writeUpgradeError(socket, request, error, 'DAYTONA_PROXY')
      return
    }
    if (preview === null && sdkEvents.isFor(request)) {
      sdkEvents.upgrade(request, socket, head)
      return
    }
    await sandboxes.opened
    if (preview || isToolbox(request)) await proxyUpgrade(proxy, preview, request, socket, head)
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
