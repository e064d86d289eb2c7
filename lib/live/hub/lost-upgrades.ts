/**
 * WebSocket requests that a proxy passed on as plain requests, without `Upgrade` and `Connection`. A browser hides the
 * response to a WebSocket, so the page asks afterwards whether this is why it has no connection.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** A page asks within seconds. */
const memoryMs = 60_000
const maxSessions = 1_000

export const upgradeRequired =
  'A reverse proxy removes the headers Upgrade and Connection from WebSocket requests. Configure the proxy to pass them on (docs/proxies.md).'

export class LostUpgrades {
  /** When the last one arrived, by session. */
  private readonly lost = new Map<string, number>()

  /**
   * Responds to a plain request for `/live`, and to `POST /api/live`: 204 where WebSockets arrive as such.
   * @returns false for all other requests
   */
  respond(request: IncomingMessage, response: ServerResponse, pathname: string, sessionId: string): boolean {
    if (pathname === '/live') {
      if (request.headers['sec-websocket-key'] !== undefined) this.remember(sessionId)
      refuse(response)
      return true
    }
    if (pathname !== '/api/live' || request.method !== 'POST') return false
    const lostAt = this.lost.get(sessionId)
    if (lostAt !== undefined && performance.now() - lostAt < memoryMs) refuse(response)
    else response.writeHead(204, { 'cache-control': 'no-store' }).end()
    return true
  }

  private remember(sessionId: string): void {
    this.lost.delete(sessionId)
    this.lost.set(sessionId, performance.now())
    const [oldest] = this.lost.keys()
    if (this.lost.size > maxSessions && oldest !== undefined) this.lost.delete(oldest)
  }
}

function refuse(response: ServerResponse): void {
  const headers = { upgrade: 'websocket', connection: 'Upgrade', 'cache-control': 'no-store' }
  response.writeHead(426, { ...headers, 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { code: 'UPGRADE_REQUIRED', message: upgradeRequired } }))
}
