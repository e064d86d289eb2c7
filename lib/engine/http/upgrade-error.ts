import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorSource } from '@/lib/process-api/errors'
import { endSoon } from './end-soon'
import { sendError } from './reply'

/** Refuse an upgrade before its 101 with an ordinary error answer. */
export function writeUpgradeError(socket: Duplex, request: IncomingMessage, error: unknown, source: ErrorSource): void {
  const [path = '/'] = (request.url ?? '/').split('?')
  const response = upgradeResponse(socket, request)
  if (response) sendError(response, error, { method: request.method ?? 'GET', path }, source)
}

/**
 * An ordinary answer to a request that asked for an upgrade; the connection ends with it. Null where an earlier answer
 * on this connection is not at its end yet: then the connection is ended at once.
 */
export function upgradeResponse(socket: Duplex, request: IncomingMessage): ServerResponse | null {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  try {
    response.assignSocket(socket as Socket)
  } catch {
    socket.destroy()
    return null
  }
  response.on('finish', () => endSoon(socket))
  return response
}
