/**
 * The address at which a client reaches the engine, so that links work for that client. The server has already validated
 * the headers read here.
 */
import type { IncomingMessage } from 'node:http'

/** The scheme under which the request's host is served. */
export function protocolOf({ headers }: Pick<IncomingMessage, 'headers'>): 'http' | 'https' {
  return headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'
}

/** `http://localhost:3986`. @param authority host and port for a request without a `Host` */
export function publicOrigin(request: IncomingMessage, authority: string): string {
  return `${protocolOf(request)}://${request.headers.host || authority}`
}

/** The origin a request was sent to, as browsers write it, without a default port. The host was checked before. */
export function ownOrigin(request: Pick<IncomingMessage, 'headers'>): string {
  return new URL(`${protocolOf(request)}://${request.headers.host}`).origin
}

/** Like `ownOrigin`, for a request that may have no `Host`. */
export function ownOriginOr(request: IncomingMessage, authority: string): string {
  return new URL(publicOrigin(request, authority)).origin
}
