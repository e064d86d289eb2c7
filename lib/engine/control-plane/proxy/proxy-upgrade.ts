import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { splice } from '../../http/splice'
import { forwardRefusal, writeSwitchingProtocols } from '../../http/upgrade-response'
import { unreachable } from './proxy-request'
import type { ProxyTarget } from './proxy-target'

/**
 * Forward an upgrade. The headers of the response are filtered as usual; after a 101 both sides are spliced as bytes, with
 * the backpressure of the two sockets. Rejects with 502 or 503 when the toolbox is unreachable.
 */
export async function forwardUpgrade(
  target: ProxyTarget,
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Promise<void> {
  const link = await target.sandbox.link()
  if (client.destroyed) return
  await new Promise<void>((resolve, reject) => {
    const upstream = httpRequest({
      createConnection: () => link.connect(),
      method: request.method,
      path: target.url,
      headers: target.headers.toToolbox(request.rawHeaders, true).flat(),
      setHost: false,
    })
    const onClientClose = () => {
      upstream.destroy()
      resolve()
    }
    client.once('close', onClientClose)
    upstream.once('upgrade', (upstreamResponse, socket, rest) => {
      client.off('close', onClientClose)
      writeSwitchingProtocols(client, upstreamResponse, target.headers.toClient(upstreamResponse.rawHeaders, false))
      if (rest.length > 0) client.write(rest)
      if (head.length > 0) socket.write(head)
      splice(client, socket)
      resolve()
    })
    upstream.once('response', (upstreamResponse) => {
      try {
        forwardRefusal(client, request, upstreamResponse, target.headers.toClient(upstreamResponse.rawHeaders, false))
        resolve()
      } catch {
        upstream.destroy()
        reject(unreachable(target))
      }
    })
    upstream.on('error', () => reject(unreachable(target)))
    upstream.once('close', () => reject(unreachable(target)))
    upstream.end()
  })
}
