/** The engine's one port: control plane, toolbox proxy, events. Every request passes the same checks first. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { sendError } from '../toolbox/http/reply'
import { Router } from '../toolbox/http/router'
import { registerApi } from './api-routes'
import { EventStream } from './event-stream'
import { refusePreviewHost, requireKnownHost } from './host-check'
import { proxyRequest, proxyUpgrade } from './proxy'
import type { Sandboxes } from './sandboxes'
import { sdkEventsPath, serveSdkEvents } from './sdk-events'
import type { Snapshots } from './snapshots'
import { writeUpgradeError } from './upgrade-error'

export interface EngineServerOptions {
  readonly apiKey: string
  readonly sandboxes: Sandboxes
  readonly snapshots: Snapshots
  readonly authority: string
  /** Names besides those of the loopback under which the engine may be addressed. */
  readonly hosts: ReadonlySet<string>
}

export interface EngineServer {
  readonly http: Server
  /** Tell the listeners that the engine stops, and let nobody in any more. */
  close(): void
}

/** Longest body of a control-plane request; toolbox bodies are checked where they are read. */
const bodyLimit = 1024 * 1024
const toolboxPrefix = '/toolbox/'

/** Set up the server; the caller makes it listen. */
export function createEngineServer(options: EngineServerOptions): EngineServer {
  const { apiKey, sandboxes, hosts } = options
  const router = new Router(bodyLimit, 'DAYTONA_API')
  registerApi(router, options)
  const events = new EventStream(sandboxes)
  events.register(router, apiKey)
  const proxy = { apiKey, find: (id: string) => sandboxes.byIdOnly(id) }

  const http = createServer(async (request, response) => {
    if (refused(request, response, hosts)) return
    allowOrigin(request, response, isToolbox(request))
    if (request.method === 'OPTIONS') {
      answerPreflight(request, response)
      return
    }
    // A sandbox that is not known yet must not be taken for one that does not exist.
    await sandboxes.opened
    if (isToolbox(request)) await proxyRequest(proxy, request, response)
    else await router.handle(request, response)
  })
  http.on('upgrade', async (request, socket, head) => {
    if (request.url?.startsWith(sdkEventsPath)) return
    try {
      requireKnownHost(request.headers.host, hosts)
      refusePreviewHost(request.headers.host)
    } catch (error) {
      writeUpgradeError(socket, request, error, 'DAYTONA_PROXY')
      return
    }
    socket.on('error', () => socket.destroy())
    await sandboxes.opened
    if (isToolbox(request)) await proxyUpgrade(proxy, request, socket, head)
    else await router.upgrade(request, socket, head)
  })
  // Clients keep their connections; a command may take hours to answer and an upload hours to arrive.
  http.keepAliveTimeout = 70_000
  http.headersTimeout = 75_000
  http.requestTimeout = 0
  const closeSdkEvents = serveSdkEvents(http, sandboxes, options)
  return {
    http,
    close() {
      events.close()
      closeSdkEvents()
      http.close()
      http.closeIdleConnections()
    },
  }
}

function isToolbox(request: IncomingMessage): boolean {
  return request.url?.startsWith(toolboxPrefix) ?? false
}

function refused(request: IncomingMessage, response: ServerResponse, hosts: ReadonlySet<string>): boolean {
  try {
    requireKnownHost(request.headers.host, hosts)
    refusePreviewHost(request.headers.host)
    return false
  } catch (error) {
    request.resume()
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    sendError(response, error, { method: request.method ?? 'GET', path }, 'DAYTONA_PROXY')
    return true
  }
}

/**
 * Any origin may ask, as in the reference: what protects is the key, which no foreign page has. Credentials of a
 * browser (cookies) count nowhere here; the reference allows them at its proxy, and clients rely on the header.
 */
function allowOrigin(request: IncomingMessage, response: ServerResponse, credentials: boolean): void {
  const { origin } = request.headers
  if (!origin || request.headers['x-daytona-disable-cors'] === 'true') return
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Vary', 'Origin')
  if (credentials) response.setHeader('Access-Control-Allow-Credentials', 'true')
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
