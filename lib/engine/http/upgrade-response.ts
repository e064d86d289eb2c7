/** Forwarding an upstream server's response to an upgrade request. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HeaderPair } from './hop-headers'
import { upgradeResponse } from './upgrade-error'

/**
 * Write the headers of a 101 response.
 * @param headers end-to-end headers for the client
 */
export function writeSwitchingProtocols(
  client: Duplex,
  upstreamResponse: IncomingMessage,
  headers: readonly HeaderPair[],
): void {
  const all = [...headers, ['Connection', 'Upgrade'], ['Upgrade', upstreamResponse.headers.upgrade ?? 'websocket']]
  const lines = ['HTTP/1.1 101 Switching Protocols', ...all.map(([name, value]) => `${name}: ${value}`)]
  client.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

/**
 * Forward any other response; the connection ends with it. Throws if the headers cannot be forwarded; nothing has been
 * written then.
 */
export function forwardRefusal(
  client: Duplex,
  request: IncomingMessage,
  upstreamResponse: IncomingMessage,
  headers: readonly HeaderPair[],
): void {
  const response = upgradeResponse(client, request)
  if (!response) return
  try {
    response.writeHead(upstreamResponse.statusCode ?? 502, headers.flat())
  } catch (cause) {
    if (response.socket) response.detachSocket(response.socket)
    throw cause
  }
  // A truncated response must not look complete.
  upstreamResponse.once('error', () => client.destroy())
  upstreamResponse.pipe(response)
}
