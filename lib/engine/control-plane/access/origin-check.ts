/** Which pages may change something at the engine. Programs that are no browsers send none of the headers in question. */
import type { IncomingMessage } from 'node:http'
import { isFromOtherOrigin, isUnsafe } from '@/lib/edge/fetch-site'
import { ApiError } from '@/lib/process-api/errors'
import { isSignedFileRequest } from './file-signature'
import type { EngineHosts } from './host-check'
import { ownOrigin } from './public-address'

/**
 * Check what asks for an upgrade or may change something. Throws 403 where a page of another origin sent it that is not
 * listed: a browser may have been led to an address that tells a key, and nobody is protected by a key that is told.
 */
export function requireOwnPage(request: IncomingMessage, hosts: EngineHosts, isUpgrade: boolean): void {
  if (!isUpgrade && (!isUnsafe(request.method) || isSignedLink(request))) return
  const { origin } = request.headers
  const isForeign = origin === undefined ? isFromOtherOrigin(request.headers) : !isAccepted(request, origin, hosts)
  if (!isForeign) return
  throw new ApiError(
    'FORBIDDEN',
    `this was sent by a page of ${origin ?? 'another origin'}, which may only read here; list its origin in SANDGLASS_API_ORIGINS if it is yours`,
  )
}

/** A page of ours is where the browser says so, too; one that is listed comes from elsewhere by its nature. */
function isAccepted(request: IncomingMessage, origin: string, hosts: EngineHosts): boolean {
  if (hosts.isApiOrigin(origin)) return true
  return hosts.acceptsOrigin(origin, ownOrigin(request)) && !isFromOtherOrigin(request.headers)
}

/** A link that was signed for one file is made to be given to somebody else, and good for nothing else. */
function isSignedLink({ method, url = '/' }: IncomingMessage): boolean {
  const [path = '', search = ''] = url.split('?', 2)
  const own = /^\/toolbox\/[^/]+(\/.*)$/.exec(path)?.[1]
  return own !== undefined && isSignedFileRequest(method, own, new URLSearchParams(search))
}
