import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorSource } from '@/lib/process-api/errors'
import { sendError } from '../toolbox/http/reply'

/** Refuse an upgrade before its 101 with an ordinary error answer. */
export function writeUpgradeError(socket: Duplex, request: IncomingMessage, error: unknown, source: ErrorSource): void {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  response.on('finish', () => socket.end())
  sendError(
    response,
    error,
    { method: request.method ?? 'GET', path: (request.url ?? '/').split('?')[0] ?? '/' },
    source,
  )
}
