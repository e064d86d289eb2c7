/**
 * Upgrades that a server does not support. A server may ignore the `Upgrade` header and respond over the protocol in use
 * (RFC 9110, section 7.8), and clients rely on it: Java's HTTP client offers `h2c` with every first request. Node has no
 * such choice before version 24: with a listener for upgrades, each one ends up there, and its body is left unread.
 */
import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Headers that belong to the offer: `http2-settings` is the one of h2c (RFC 7540, section 3.2.1). */
const offerHeaders = new Set(['upgrade', 'http2-settings'])

/**
 * Node hands out this many names and values of headers and drops the rest, which could say how long the body is
 * (`server.maxHeadersCount`).
 */
const maxRawHeaders = 2 * 1000

/** True if one of the protocols that the request offers to switch to has this name. */
export function offersUpgradeTo(request: IncomingMessage, protocol: string): boolean {
  const offered = (request.headers.upgrade ?? '').split(',')
  return offered.some((token) => token.trim().split('/')[0]?.toLowerCase() === protocol)
}

/**
 * Handle an upgrade request as the plain request that it is without its offer, on the same connection, body included.
 * A connection whose earlier response is unfinished is closed, and so is one whose headers are not all known: no client
 * offers an upgrade like that.
 * @param head bytes already read after the request head
 */
export function ignoreUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  if (request.rawHeaders.length >= maxRawHeaders || hasPendingResponse(request, socket)) {
    socket.destroy()
    return
  }
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`]
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? ''
    const value = withoutOffer(name, request.rawHeaders[i + 1] ?? '')
    if (value !== null) lines.push(`${name}: ${value}`)
  }
  // Header values are bytes that Node has read as Latin-1.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}

/** Null for a header that belongs to the offer. */
function withoutOffer(name: string, value: string): string | null {
  const lowerName = name.toLowerCase()
  if (offerHeaders.has(lowerName)) return null
  if (lowerName !== 'connection') return value
  const remaining = value.split(',').filter((token) => !offerHeaders.has(token.trim().toLowerCase()))
  return remaining.length > 0 ? remaining.join(',').trim() : null
}

function hasPendingResponse(request: IncomingMessage, socket: Duplex): boolean {
  const probe = new ServerResponse(request)
  try {
    probe.assignSocket(socket as Socket)
    probe.detachSocket(socket as Socket)
    return false
  } catch {
    return true
  }
}
