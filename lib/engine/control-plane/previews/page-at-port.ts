/**
 * `/toolbox/{id}/proxy/{port}/` has the engine's own host name, and on the loopback that is the console's as well. A
 * browser must not be shown a page there: its scripts could set cookies of the console, and its requests to the console
 * would count as those of the same site. Programs read what they like.
 */
import type { IncomingMessage } from 'node:http'
import { ApiError } from '@/lib/process-api/errors'
import { sandboxIdSchema } from '@/lib/process-api/ids'
import type { EngineHosts } from '../access/host-check'
import { ownOrigin } from '../access/public-address'

const scripts = ['worker', 'sharedworker', 'serviceworker', 'audioworklet', 'paintworklet']
const below = /^\/toolbox\/([^/?]+)\/proxy\/(\d{1,5})(\/[^?]*)?(\?.*)?$/

/**
 * Where a browser is to go instead for the page that it asks for, on a host name of the sandbox's own; null where the
 * request is no browser's, or for no page. Throws 403 where there is no such name.
 */
export function pageElsewhere(request: IncomingMessage, hosts: EngineHosts): string | null {
  const [, id = '', port = '', path = '/', query = ''] = below.exec(request.url ?? '') ?? []
  if (id === '' || !opensPage(request)) return null
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const isName = sandboxIdSchema.safeParse(id).success && Number(port) >= 1 && Number(port) <= 65_535
  const origin = isRead && isName ? hosts.previewOrigin(ownOrigin(request), `${Number(port)}-${id}`) : null
  if (origin !== null) return `${origin}${path}${query}`
  throw new ApiError(
    'FORBIDDEN',
    'pages of a sandbox are not shown under the host name of the engine, which may be the console’s; set SANDGLASS_PREVIEW_HOSTS to a domain for them',
  )
}

/** Plain http on another name than the loopback's comes without these headers: there a page is known by what it accepts. */
function opensPage({ headers }: IncomingMessage): boolean {
  const mode = headers['sec-fetch-mode']
  if (mode === 'navigate' || scripts.includes(String(headers['sec-fetch-dest']))) return true
  const saysNothing = headers['sec-fetch-dest'] === undefined && mode === undefined
  return saysNothing && /^Mozilla\//.test(headers['user-agent'] ?? '') && /\btext\/html\b/.test(headers.accept ?? '')
}
