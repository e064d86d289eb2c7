import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorSource } from '@/lib/process-api/errors'
import { sendError } from './reply'

/** Refuse an upgrade before its 101 with an ordinary error answer. */
export function writeUpgradeError(socket: Duplex, request: IncomingMessage, error: unknown, source: ErrorSource): void {
  const [path = '/'] = (request.url ?? '/').split('?')
  sendError(upgradeResponse(socket, request), error, { method: request.method ?? 'GET', path }, source)
}

/** An ordinary answer to a request that asked for an upgrade; the connection ends with it. */
export function upgradeResponse(socket: Duplex, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  response.on('finish', () => socket.end())
  return response
}
