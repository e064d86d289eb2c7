import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorSource } from '@/lib/process-api/errors'
import { lingeringClose } from './lingering-close'
import { sendError } from './reply'

/** Refuse an upgrade with an ordinary error response instead of the 101. */
export function writeUpgradeError(socket: Duplex, request: IncomingMessage, error: unknown, source: ErrorSource): void {
  const [path = '/'] = (request.url ?? '/').split('?')
  const response = upgradeResponse(socket, request)
  if (response) sendError(response, error, { method: request.method ?? 'GET', path }, source)
}

/**
 * An ordinary response to an upgrade request; the connection ends with it. Null if an earlier response on this
 * connection is still unfinished: the connection is then destroyed.
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
  response.on('finish', () => lingeringClose(socket))
  return response
}
