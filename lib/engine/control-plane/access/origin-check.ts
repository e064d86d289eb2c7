/** Which pages may make changes through the engine. Programs other than browsers send none of these headers. */
import type { IncomingMessage } from 'node:http'
import { isFromOtherOrigin, isUnsafe } from '@/lib/edge/fetch-site'
import { ApiError } from '@/lib/process-api/errors'
import { isSignedFileRequest } from './file-signature'
import type { EngineHosts } from './host-check'
import { ownOrigin } from './public-address'

/**
 * Check an upgrade or a request that may change something. Throws 403 when a page of a foreign, unlisted origin sent it:
 * such a page may have obtained the key, which then protects nothing.
 */
export function requireTrustedPage(request: IncomingMessage, hosts: EngineHosts, isUpgrade: boolean): void {
  if (!isUpgrade && (!isUnsafe(request.method) || isSignedLink(request))) return
  const { origin } = request.headers
  const isForeign = origin === undefined ? isFromOtherOrigin(request.headers) : !isTrusted(request, origin, hosts)
  if (!isForeign) return
  throw new ApiError(
    'FORBIDDEN',
    `this request was sent by a page of ${origin ?? 'another origin'}, which may only read; add its origin to SANDGLASS_API_ORIGINS if it is yours`,
  )
}

/** For our own pages, the browser's Sec-Fetch-Site must agree; a listed origin is cross-site by nature. */
function isTrusted(request: IncomingMessage, origin: string, hosts: EngineHosts): boolean {
  if (hosts.isApiOrigin(origin)) return true
  return hosts.acceptsOrigin(origin, ownOrigin(request)) && !isFromOtherOrigin(request.headers)
}

/** A signed link is made to be shared and covers one file only, so any page may use it. */
function isSignedLink({ method, url = '/' }: IncomingMessage): boolean {
  const [path = '', search = ''] = url.split('?', 2)
  const own = /^\/toolbox\/[^/]+(\/.*)$/.exec(path)?.[1]
  return own !== undefined && isSignedFileRequest(method, own, new URLSearchParams(search))
}
