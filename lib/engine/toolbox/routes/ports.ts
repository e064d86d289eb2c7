/** The listening ports of the sandbox and a proxy to each, which needs no network into the sandbox (2.7). */
import { portOperations } from '@/lib/process-api/operations/ports'
import { sendErrorPage } from '../../http/error-page'
import type { RequestContext } from '../../http/request-context'
import type { Routes } from '../../http/router'
import { readArguments } from '../../linux/process-stats'
import { ProcessSnapshot } from '../../linux/process-table'
import { forwardRequest } from '../ports/forward-request'
import { forwardUpgrade } from '../ports/forward-upgrade'
import { Listeners } from '../ports/listeners'
import { connectToPort } from '../ports/port-connection'
import type { ToolboxServices } from '../services/services'

export function registerPorts(routes: Routes, services: Pick<ToolboxServices, 'config' | 'owners'>): void {
  const listeners = new Listeners(services)

  routes.on(portOperations.listPorts, async ({ reply }) => reply(200, { ports: await listeners.ports() }))
  routes.on(portOperations.listListeners, async ({ reply }) => {
    const found = await listeners.holders()
    const owners = found.length === 0 ? null : services.owners.ownersOf(new ProcessSnapshot())
    reply(200, {
      listeners: found.map(({ port, addresses, holder }) => ({
        port,
        addresses,
        process: holder && {
          pid: holder.pid,
          startTicks: holder.startTicks,
          name: holder.name,
          ...readArguments(holder.pid),
          owner: owners?.get(holder.pid) ?? null,
        },
      })),
    })
  })
  routes.on(portOperations.isPortInUse, async ({ params, reply }) =>
    reply(200, { isInUse: await listeners.isTaken(params.port) }),
  )

  for (const operation of [portOperations.openPort, portOperations.proxyToPort]) {
    routes.on(operation, async ({ params, request, response, url }) => {
      try {
        const { port } = params
        const rest = restOf(url)
        // Without the trailing slash, relative links of the page would resolve incorrectly.
        if (rest.startsWith('/')) await forwardRequest(await connectToPort(listeners, port), rest, request, response)
        else redirect(request, response, `${port}/${rest}`)
      } catch (error) {
        sendErrorPage(response, error, request, 'DAYTONA_DAEMON')
      }
    })
    routes.onTunnel(operation, async (tunnel) => {
      const { port } = tunnel.params
      const rest = restOf(tunnel.url)
      await forwardUpgrade(await connectToPort(listeners, port), rest.startsWith('/') ? rest : `/${rest}`, tunnel)
    })
  }
}

function redirect(request: RequestContext['request'], response: RequestContext['response'], location: string): void {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  response.writeHead(isRead ? 301 : 307, { location, 'content-length': 0 })
  response.end()
}

/** The request target is forwarded unchanged: decoding and encoding it again could alter it. */
function restOf(url: string): string {
  return /^\/proxy\/[^/?]*(.*)$/.exec(url)?.[1] ?? ''
}
