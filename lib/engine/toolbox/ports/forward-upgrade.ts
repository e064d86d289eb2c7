import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { ApiError } from '@/lib/process-api/errors'
import { endToEndHeaders, headerPairs } from '../../http/hop-headers'
import type { TunnelContext } from '../../http/request-context'
import { splice } from '../../http/splice'
import { forwardRefusal, writeSwitchingProtocols } from '../../http/upgrade-response'
import { forwardedHeaders, invalidResponse, noResponse } from './port-response'

/**
 * Forward an upgrade, to WebSocket or any other protocol, to a program of the sandbox, and join the connections after its
 * 101. If the program does not upgrade, the connection ends with its response, so that no later request on it bypasses
 * the checks before this one. Rejects with a 502 if there was no response.
 */
export function forwardUpgrade(port: Socket, url: string, context: TunnelContext): Promise<void> {
  const { request, socket: client, head } = context
  if (Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined) {
    port.destroy()
    throw new ApiError('BAD_REQUEST', 'an upgrade request cannot have a body here')
  }
  if (client.destroyed) {
    port.destroy()
    return Promise.resolve()
  }
  return new Promise((resolve, reject) => {
    const upstream = httpRequest({
      createConnection: () => port,
      method: request.method,
      path: url,
      headers: upgradeHeaders(request),
      setHost: false,
    })
    client.once('close', () => {
      port.destroy()
      resolve()
    })
    let hasResponse = false
    upstream.once('upgrade', (upstreamResponse, socket, rest) => {
      hasResponse = true
      writeSwitchingProtocols(client, upstreamResponse, forwardedHeaders(upstreamResponse))
      if (rest.length > 0) client.write(rest)
      if (head.length > 0) socket.write(head)
      splice(client, socket)
    })
    upstream.once('response', (upstreamResponse) => {
      try {
        forwardRefusal(client, request, upstreamResponse, forwardedHeaders(upstreamResponse))
        hasResponse = true
      } catch (cause) {
        upstream.destroy()
        reject(invalidResponse(cause))
      }
    })
    upstream.on('error', (cause) => reject(noResponse(cause)))
    upstream.once('close', () => {
      if (!hasResponse) reject(noResponse())
    })
    upstream.end()
  })
}

function upgradeHeaders(request: IncomingMessage): string[] {
  const headers = headerPairs(request.rawHeaders)
  const upgrade = headers.filter(([name]) => name.toLowerCase() === 'upgrade')
  return [...endToEndHeaders(headers), ['Connection', 'Upgrade'], ...upgrade].flat()
}
