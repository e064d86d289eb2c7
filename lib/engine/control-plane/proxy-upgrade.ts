import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { splice } from '../toolbox/http/splice'
import { unreachable } from './proxy-request'
import type { ProxyTarget } from './proxy-target'

/**
 * Pass an upgrade on. After the request's head both sides are bytes, so nothing is parsed or held and back-pressure is
 * that of the two sockets. Rejects with 502 or 503 where the toolbox cannot be reached.
 */
export async function passUpgrade(
  target: ProxyTarget,
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Promise<void> {
  const link = await target.sandbox.link()
  if (client.destroyed) return
  const upstream = link.connect()
  await new Promise<void>((resolve, reject) => {
    upstream.once('connect', resolve)
    upstream.once('error', () => reject(unreachable(target)))
  })
  const headers = target.headers.toToolbox(request.rawHeaders, true)
  const lines = [`${request.method} ${target.url} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  upstream.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  if (head.length > 0) upstream.write(head)
  splice(client, upstream)
}
