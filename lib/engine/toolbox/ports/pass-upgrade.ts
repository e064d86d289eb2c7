import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { ApiError } from '@/lib/process-api/errors'
import { endToEndHeaders, headerPairs } from '../../http/hop-headers'
import type { TunnelContext } from '../../http/router'
import { splice } from '../../http/splice'
import { forwardRefusal, writeSwitchingProtocols } from '../../http/upgrade-response'
import { answerHeaders, invalidAnswer, noAnswer } from './port-answer'

/**
 * Pass an upgrade, to WebSocket or to anything else, to a program of the sandbox. After its 101 both sides are bytes.
 * A program that does not upgrade answers as usual, and the connection ends with that answer, so that no later request
 * on it gets past the checks in front. Rejects with a 502 while nothing was answered yet.
 */
export function passUpgradeToPort(port: Socket, url: string, context: TunnelContext): Promise<void> {
  const { request, socket: client, head } = context
  if (Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined) {
    port.destroy()
    throw new ApiError('BAD_REQUEST', 'a request with a body cannot ask for an upgrade here')
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
    let isAnswered = false
    upstream.once('upgrade', (answer, socket, rest) => {
      isAnswered = true
      writeSwitchingProtocols(client, answer, answerHeaders(answer))
      if (rest.length > 0) client.write(rest)
      if (head.length > 0) socket.write(head)
      splice(client, socket)
    })
    upstream.once('response', (answer) => {
      try {
        forwardRefusal(client, request, answer, answerHeaders(answer))
        isAnswered = true
      } catch (cause) {
        upstream.destroy()
        reject(invalidAnswer(cause))
      }
    })
    upstream.on('error', (cause) => reject(noAnswer(cause)))
    upstream.once('close', () => {
      if (!isAnswered) reject(noAnswer())
    })
    upstream.end()
  })
}

function upgradeHeaders(request: IncomingMessage): string[] {
  const headers = headerPairs(request.rawHeaders)
  const upgrade = headers.filter(([name]) => name.toLowerCase() === 'upgrade')
  return [...endToEndHeaders(headers), ['Connection', 'Upgrade'], ...upgrade].flat()
}
