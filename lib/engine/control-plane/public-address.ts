/** Under which address the engine is reached by a client, so that the links it is given work for it. */
import type { IncomingMessage } from 'node:http'
import { previewDomain } from './host-check'

/**
 * `http` or what a reverse proxy says that it offers. The engine listens on the loopback alone, so whoever says so is on
 * this machine, and a wrong word spoils no more than the sender's own links.
 */
export function protocolOf({ headers }: Pick<IncomingMessage, 'headers'>): 'http' | 'https' {
  const said = String(headers['x-forwarded-proto'] ?? '')
  return said.split(',')[0]?.trim().toLowerCase() === 'https' ? 'https' : 'http'
}

/** `http://localhost:3986`. @param authority host and port for a request that names none */
export function publicOrigin(request: IncomingMessage, authority: string): string {
  return `${protocolOf(request)}://${request.headers.host || authority}`
}

/** `http://{label}.localhost:3986`, or null where the client came by an address that can have no names below it. */
export function previewOrigin(request: IncomingMessage, authority: string, label: string): string | null {
  const domain = previewDomain(request.headers.host || authority)
  return domain === null ? null : `${protocolOf(request)}://${label}.${domain}`
}
