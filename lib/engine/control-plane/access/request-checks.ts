/** Checks that every request and upgrade passes before it is routed. */
import type { IncomingMessage } from 'node:http'
import { normalisedPath } from '@/lib/edge/request-target'
import { ApiError } from '@/lib/process-api/errors'
import { toolboxPort } from '@/lib/process-api/previews'
import type { EngineHosts, PreviewHost } from './host-check'
import { requireTrustedPage } from './origin-check'

/**
 * Check the host, and put the scheme under which it is served into `x-forwarded-proto` for later code. Throws 403.
 * @returns the preview that the host addresses; null for the engine itself
 */
export function readHost({ headers }: IncomingMessage, hosts: EngineHosts): PreviewHost | null {
  const preview = hosts.requireKnown(headers.host)
  const forwarded = headers['x-forwarded-proto']
  headers['x-forwarded-proto'] = hosts.schemeOf(
    headers.host ?? '',
    forwarded === undefined ? undefined : String(forwarded),
  )
  return preview
}

/**
 * Check the target and the origin of a request that the engine or a toolbox handles. Programs behind a preview receive
 * whatever the client sends. Throws 400 or 403.
 */
export function requireAcceptable(
  request: IncomingMessage,
  preview: PreviewHost | null,
  hosts: EngineHosts,
  isUpgrade: boolean,
): void {
  if (preview !== null && preview.port !== toolboxPort) return
  if (normalisedPath(request.url) === null) {
    throw new ApiError('BAD_REQUEST', 'the request target is not a valid path')
  }
  requireTrustedPage(request, hosts, isUpgrade)
}

/** Whether a request on the engine's own host is for a toolbox. */
export function isToolboxRequest(request: IncomingMessage): boolean {
  return request.url?.startsWith('/toolbox/') ?? false
}
