/**
 * Under which address the engine is reached by a client, so that the links it is given work for it. The front door has
 * put right what these headers say before anything here reads them.
 */
import type { IncomingMessage } from 'node:http'

/** The scheme under which the request's host is served. */
export function protocolOf({ headers }: Pick<IncomingMessage, 'headers'>): 'http' | 'https' {
  return headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'
}

/** `http://localhost:3986`. @param authority host and port for a request that names none */
export function publicOrigin(request: IncomingMessage, authority: string): string {
  return `${protocolOf(request)}://${request.headers.host || authority}`
}

/** The origin that a request was sent to, as browsers write it: the host was checked, the default port left out. */
export function ownOrigin(request: Pick<IncomingMessage, 'headers'>): string {
  return new URL(`${protocolOf(request)}://${request.headers.host}`).origin
}

/** The same for a request that may name no host. */
export function ownOriginOr(request: IncomingMessage, authority: string): string {
  return new URL(publicOrigin(request, authority)).origin
}
