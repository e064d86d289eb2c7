/** The engine's one port: control plane, toolbox proxy, previews, events. Every request passes the same checks first. */
import { createServer, type Server } from 'node:http'
import { limitIdleConnections, maxIdleConnections } from '@/lib/edge/idle-connections'
import { ignoreUpgrade } from '@/lib/edge/ignored-upgrade'
import { handlePipelined } from '@/lib/edge/pending-responses'
import { SocketLimits, type SocketLimitValues } from '@/lib/edge/socket-limits'
import type { TrustedProxies } from '@/lib/edge/trusted-proxies'
import { handleInvalidRequests } from '../http/invalid-requests'
import { type RegisteredRoute, Router } from '../http/router'
import type { EngineHosts } from './access/host-check'
import { EventStream } from './events/event-stream'
import { SdkEvents } from './events/sdk-events'
import type { PreviewAddresses } from './previews/preview-addresses'
import { Visitors } from './proxy/visitors'
import { registerApi } from './routes/api-routes'
import { registerDocs } from './routes/docs-routes'
import type { Quotas } from './sandbox/quotas'
import type { Sandboxes } from './sandboxes/sandboxes'
import { handleRequest } from './server-requests'
import { handleUpgrade, isUnsupportedUpgrade, type UpgradeParts } from './server-upgrades'
import type { Snapshots } from './snapshots/snapshots'

export interface EngineServerOptions {
  readonly apiKey: string
  readonly keyCreatedAt: Date
  readonly quotas: Quotas
  readonly sandboxes: Sandboxes
  readonly snapshots: Snapshots
  readonly authority: string
  /** The folder with the built style and script of the page at `/docs`. */
  readonly docsDir: string
  /** Host names and origins of the engine; read for each request, because the port is known late. */
  readonly hosts: EngineHosts
  readonly addresses: PreviewAddresses
  readonly proxies: TrustedProxies
  /** Limits of open upgraded sockets. */
  readonly sockets: SocketLimitValues
  /** Pages of sandboxes may be served under the host name of the engine. */
  readonly sharedPages: boolean
}

export interface EngineServer {
  readonly http: Server
  /** The routes of the control plane itself, without those of toolboxes. */
  readonly routes: readonly RegisteredRoute[]
  /** Close event streams and stop accepting connections. */
  close(): void
}

/** Limit of a control-plane request body; toolbox bodies are checked by the toolbox. */
const maxBodyBytes = 1024 * 1024
/** As in the toolbox: the environment of a new PTY is sent as a header. */
const maxHeaderSize = 96 * 1024

/** Create the server; the caller makes it listen. */
export function createEngineServer(options: EngineServerOptions): EngineServer {
  const { apiKey, sandboxes, proxies, sharedPages } = options
  const router = new Router(maxBodyBytes, 'DAYTONA_API')
  registerApi(router, options)
  registerDocs(router, options)
  const events = new EventStream(sandboxes)
  events.register(router, apiKey)
  const sdkEvents = new SdkEvents(sandboxes, apiKey)
  const parts: UpgradeParts = {
    router,
    sdkEvents,
    proxy: { apiKey, sharedPages, visitors: new Visitors(), find: (id) => sandboxes.findById(id) },
    proxies,
    hosts: () => options.hosts,
    opened: sandboxes.opened,
    socketLimits: new SocketLimits(options.sockets),
  }

  const http = createServer({ maxHeaderSize, requireHostHeader: false })
  limitIdleConnections(http, maxIdleConnections())
  handlePipelined(http, (request, response) => void handleRequest(parts, request, response))
  handleInvalidRequests(http, 'DAYTONA_PROXY')
  http.on('upgrade', (request, socket, head) => {
    if (isUnsupportedUpgrade(request, options.hosts)) ignoreUpgrade(http, request, socket, head)
    else void handleUpgrade(parts, request, socket, head)
  })
  // Clients keep connections open; a command may take hours to respond, and an upload hours to arrive.
  http.keepAliveTimeout = 70_000
  http.headersTimeout = 75_000
  http.requestTimeout = 0
  return {
    http,
    routes: router.registered,
    close() {
      events.close()
      sdkEvents.close()
      options.addresses.close()
      http.close()
      http.closeIdleConnections()
    },
  }
}
