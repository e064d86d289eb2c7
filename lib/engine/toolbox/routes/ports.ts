/** The ports of the sandbox: which listen, and a way to each through the toolbox, so that no network leads in (2.7). */
import { ApiError } from '@/lib/process-api/errors'
import { askedPortSchema, type PortInUse, type PortList, portNumberSchema } from '@/lib/process-api/ports'
import { sendErrorPage } from '../../http/error-page'
import { sendJson } from '../../http/reply'
import type { Handler, RequestContext, Routes } from '../../http/router'
import { forwardRequest } from '../ports/forward-request'
import { forwardUpgrade } from '../ports/forward-upgrade'
import { Listeners } from '../ports/listeners'
import { connectToPort } from '../ports/port-connection'
import type { ToolboxServices } from '../services/services'

export function registerPorts(routes: Routes, services: Pick<ToolboxServices, 'config'>): void {
  const listeners = new Listeners(services)

  routes.route('GET', '/port', async ({ response }) => {
    sendJson(response, 200, { ports: await listeners.ports() } satisfies PortList)
  })

  routes.route('GET', '/port/:port/in-use', async ({ response, param }) => {
    const port = askedPortSchema.safeParse(param('port'))
    if (!port.success) throw new ApiError('BAD_REQUEST', 'port must be a number from 3000 to 9999')
    sendJson(response, 200, { isInUse: await listeners.isTaken(port.data) } satisfies PortInUse)
  })

  const pass: Handler = async ({ request, response, url, param }) => {
    const { port, rest } = splitProxyUrl(url, param('port'))
    // Without the slash behind it, a page's own relative links would lead elsewhere.
    if (rest.startsWith('/')) await forwardRequest(await connectToPort(listeners, port), rest, request, response)
    else redirect(request, response, `${port}/${rest}`)
  }
  for (const path of ['/proxy/:port', '/proxy/:port/*']) {
    routes.any(path, async (context) => {
      try {
        await pass(context)
      } catch (error) {
        sendErrorPage(context.response, error, context.request, 'DAYTONA_DAEMON')
      }
    })
    routes.tunnel(path, async (context) => {
      const { port, rest } = splitProxyUrl(context.url, context.param('port'))
      await forwardUpgrade(await connectToPort(listeners, port), rest.startsWith('/') ? rest : `/${rest}`, context)
    })
  }
}

function redirect(request: RequestContext['request'], response: RequestContext['response'], location: string): void {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  response.writeHead(isRead ? 301 : 307, { location, 'content-length': 0 })
  response.end()
}

/** What the program is asked for stays as the client wrote it: decoding and encoding again could change it. */
function splitProxyUrl(url: string, text: string): { port: number; rest: string } {
  const port = portNumberSchema.safeParse(text)
  if (!port.success) throw new ApiError('BAD_REQUEST', 'port must be a number from 1 to 65535')
  const rest = /^\/proxy\/[^/?]*(.*)$/.exec(url)?.[1] ?? ''
  return { port: port.data, rest }
}
