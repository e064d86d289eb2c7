/**
 * `/toolbox/{id}/proxy/{port}/` is on the engine's own host name, which on the loopback is also the console's. A browser must
 * not open a page there: its scripts could set cookies for the console, and its requests to the console would be same-site.
 * Other programs may read anything.
 */
import type { IncomingMessage } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'
import { engineSandboxIdSchema } from '@/lib/process-api/ids'
import type { EngineHosts } from '../access/host-check'
import { ownOrigin } from '../access/public-address'

const scripts = ['worker', 'sharedworker', 'serviceworker', 'audioworklet', 'paintworklet']
const proxyPath = /^\/toolbox\/([^/?]+)\/proxy\/(\d{1,5})(\/[^?]*)?(\?.*)?$/

/**
 * Where to redirect a browser that opens a page: a host name of the sandbox's own. Null when the request is not from a
 * browser or not for a page. Throws 403 when there is no such host name.
 */
export function pageRedirect(request: IncomingMessage, hosts: EngineHosts): string | null {
  const [, id = '', port = '', path = '/', query = ''] = proxyPath.exec(request.url ?? '') ?? []
  if (id === '' || !opensPage(request)) return null
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const isName = engineSandboxIdSchema.safeParse(id).success && Number(port) >= 1 && Number(port) <= 65_535
  const origin = isRead && isName ? hosts.previewOrigin(ownOrigin(request), `${Number(port)}-${id}`) : null
  if (origin !== null) return `${origin}${path}${query}`
  throw new ApiError(
    'FORBIDDEN',
    'pages of a sandbox are not served under the host name of the engine, which may also be that of the console; set SANDGLASS_PREVIEW_HOSTS to a domain for them',
  )
}

/** Over plain http, except on the loopback, browsers omit these headers; there, the accepted types reveal a page. */
function opensPage({ headers }: IncomingMessage): boolean {
  const mode = headers['sec-fetch-mode']
  if (mode === 'navigate' || scripts.includes(String(headers['sec-fetch-dest']))) return true
  const saysNothing = headers['sec-fetch-dest'] === undefined && mode === undefined
  return saysNothing && /^Mozilla\//.test(headers['user-agent'] ?? '') && /\btext\/html\b/.test(headers.accept ?? '')
}
