import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { splice } from '../../http/splice'
import { forwardRefusal, writeSwitchingProtocols } from '../../http/upgrade-response'
import { unreachable } from './proxy-request'
import type { ProxyTarget } from './proxy-target'

/**
 * Pass an upgrade on. The head of the answer is filtered like any other; behind a 101 both sides are bytes, so nothing
 * is parsed or held and back-pressure is that of the two sockets. Rejects with 502 or 503 where the toolbox cannot be
 * reached.
 */
export async function passUpgrade(
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
    const clientGone = () => {
      upstream.destroy()
      resolve()
    }
    client.once('close', clientGone)
    upstream.once('upgrade', (answer, socket, rest) => {
      client.off('close', clientGone)
      writeSwitchingProtocols(client, answer, target.headers.toClient(answer.rawHeaders, false))
      if (rest.length > 0) client.write(rest)
      if (head.length > 0) socket.write(head)
      splice(client, socket)
      resolve()
    })
    upstream.once('response', (answer) => {
      try {
        forwardRefusal(client, request, answer, target.headers.toClient(answer.rawHeaders, false))
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
