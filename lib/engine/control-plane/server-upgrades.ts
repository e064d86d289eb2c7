/** What happens to each upgrade: checks, the limits of open sockets, then the control plane, a toolbox or a preview. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { offersUpgradeTo } from '@/lib/edge/ignored-upgrade'
import type { SocketLimits } from '@/lib/edge/socket-limits'
import { toolboxPort } from '@/lib/process-api/previews'
import { writeUpgradeError } from '../http/upgrade-error'
import { hasKey } from './access/credentials'
import type { EngineHosts, PreviewHost } from './access/host-check'
import { isToolboxRequest, readHost, requireAcceptable } from './access/request-checks'
import { countSocket, holderOf } from './access/upgrade-limits'
import { proxyUpgrade } from './proxy/proxy'
import type { ServerParts } from './server-requests'

export interface UpgradeParts extends ServerParts {
  readonly socketLimits: SocketLimits
}

interface CheckedUpgrade {
  readonly preview: PreviewHost | null
  /** Count the socket, once its credentials are known to be valid. Throws 429. */
  enter(): void
}

/** The way through a toolbox to a program, for clients without previews. */
const programPath = /^\/toolbox\/[^/]+\/proxy\/\d/

/** The engine speaks WebSocket. A program behind a preview may speak other protocols, but h2c does not pass a proxy. */
export function isUnsupportedUpgrade(request: IncomingMessage, hosts: EngineHosts): boolean {
  if (offersUpgradeTo(request, 'websocket')) return false
  if (offersUpgradeTo(request, 'h2c')) return true
  try {
    const preview = hosts.requireKnown(request.headers.host)
    const isProgram = preview === null ? programPath.test(request.url ?? '') : preview.port !== toolboxPort
    return !isProgram
  } catch {
    // Refused by the checks of an upgrade.
    return false
  }
}

/** Handle one upgrade; never rejects. */
export async function handleUpgrade(
  parts: UpgradeParts,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on('error', () => socket.destroy())
  let checked: CheckedUpgrade
  try {
    checked = check(parts, request, socket)
  } catch (error) {
    writeUpgradeError(socket, request, error, 'DAYTONA_PROXY')
    return
  }
  const { preview, enter } = checked
  const { sdkEvents, router, proxy, opened } = parts
  if (preview === null && sdkEvents.isFor(request)) {
    sdkEvents.upgrade(request, socket, head)
    return
  }
  await opened
  if (preview || isToolboxRequest(request)) await proxyUpgrade(proxy, { preview, request, socket, head, enter })
  else await router.upgrade(request, socket, head)
}

function check(parts: UpgradeParts, request: IncomingMessage, socket: Duplex): CheckedUpgrade {
  const address = parts.proxies.apply(request)
  const preview = readHost(request, parts.hosts())
  requireAcceptable(request, preview, parts.hosts(), true)
  const enter = () => countSocket(parts.socketLimits, holderOf(request, preview), address, socket)
  // The SDK sends its key for events after the upgrade, so those sockets are counted now.
  const isOwnRoute = preview === null && !isToolboxRequest(request)
  if (isOwnRoute && (parts.sdkEvents.isFor(request) || hasKey(request.headers, parts.proxy.apiKey))) enter()
  return { preview, enter }
}
