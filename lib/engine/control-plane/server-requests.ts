/** What happens to each HTTP request: checks, cross-origin headers, then the control plane, a toolbox or a preview. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TrustedProxies } from '@/lib/edge/trusted-proxies'
import { sendError } from '../http/reply'
import type { Router } from '../http/router'
import { allowOrigin, answerPreflight, isPreflight } from './access/cors'
import type { EngineHosts, PreviewHost } from './access/host-check'
import { disableCorsHeader } from './access/proxy-headers'
import { ownOrigin } from './access/public-address'
import { isToolboxRequest, readHost, requireAcceptable } from './access/request-checks'
import type { SdkEvents } from './events/sdk-events'
import { pageRedirect } from './previews/page-at-port'
import { previewRequest, proxyRequest } from './proxy/proxy'
import type { ProxyOptions } from './proxy/proxy-target'

/** What requests and upgrades are dispatched to. */
export interface ServerParts {
  readonly router: Router
  readonly sdkEvents: SdkEvents
  readonly proxy: ProxyOptions
  readonly proxies: TrustedProxies
  /** Read for each request, because the engine learns its port late. */
  hosts(): EngineHosts
  /** Resolves when all sandboxes are loaded; until then, an unknown sandbox may yet exist. */
  readonly opened: Promise<void>
}

/** Handle one request; never rejects. */
export async function handleRequest(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    parts.proxies.apply(request)
    const preview = readHost(request, parts.hosts())
    if (answerCors(parts, request, response, preview)) return
    requireAcceptable(request, preview, parts.hosts(), false)
    if (redirectPage(parts, request, response, preview)) return
    await parts.opened
    await dispatch(parts, request, response, preview)
  } catch (error) {
    refuse(request, response, error)
  }
}

async function dispatch(
  { proxy, sdkEvents, router }: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  preview: PreviewHost | null,
): Promise<void> {
  if (preview) await previewRequest(proxy, preview, request, response)
  else if (isToolboxRequest(request)) await proxyRequest(proxy, request, response)
  else if (sdkEvents.isFor(request)) sdkEvents.handle(request, response)
  else await router.handle(request, response)
}

/** Add cross-origin headers. Returns true when the request was a preflight and has been answered. */
function answerCors(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  preview: PreviewHost | null,
): boolean {
  const isEnabled = request.headers[disableCorsHeader] !== 'true'
  const { origin } = request.headers
  if (isEnabled && origin) {
    const isTrusted = preview
      ? parts.hosts().isSameSandbox(origin, ownOrigin(request), preview)
      : isToolboxRequest(request)
    allowOrigin(response, origin, isTrusted)
  }
  // Programs handle their own OPTIONS requests, but browsers send preflights without credentials.
  const isOurs = preview === null || (isEnabled && isPreflight(request))
  if (request.method !== 'OPTIONS' || !isOurs) return false
  answerPreflight(request, response)
  return true
}

/** Redirect a browser that opens a page of a sandbox under the engine's own host. Returns true when it did. */
function redirectPage(
  { proxy, hosts }: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  preview: PreviewHost | null,
): boolean {
  const location = preview || proxy.sharedPages ? null : pageRedirect(request, hosts())
  if (location === null) return false
  response.writeHead(307, { location, 'cache-control': 'no-store', 'content-length': 0 }).end()
  return true
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  request.resume()
  const [path = '/'] = (request.url ?? '/').split('?')
  sendError(response, error, { method: request.method ?? 'GET', path }, 'DAYTONA_PROXY')
}
