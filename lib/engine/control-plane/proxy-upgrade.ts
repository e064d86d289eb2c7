import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { requestHeaders } from './proxy-headers'
import { unreachable } from './proxy-request'
import type { ProxyTarget } from './proxy-target'

/** Time for a client to take what is still on its way after the toolbox has closed. */
const lingerMs = 30_000

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
  const headers = requestHeaders(request.rawHeaders, { upgrade: true })
  const lines = [`${request.method} ${target.url} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  upstream.write(`${lines.join('\r\n')}\r\n\r\n`)
  if (head.length > 0) upstream.write(head)
  splice(client, upstream)
}

/** Join two sockets. The end of one is passed to the other behind all of its bytes; a failure ends both at once. */
function splice(client: Duplex, upstream: Socket): void {
  client.on('error', () => upstream.destroy())
  client.on('close', () => upstream.destroy())
  upstream.on('error', () => client.destroy())
  upstream.on('close', () => {
    if (client.destroyed) return
    client.end()
    // A client that reads nothing more is not waited for.
    if ('setTimeout' in client) (client as Socket).setTimeout(lingerMs, () => client.destroy())
  })
  upstream.pipe(client)
  client.pipe(upstream)
}
