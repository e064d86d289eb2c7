/** WebSocket upgrades: subprotocol choice (1.4) and the acceptance of a socket. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { ApiError } from '@/lib/process-api/errors'
import { versionToken } from './sdk-version'

const exitControl = 'X-Daytona-Pty-Exit-Control'
/** Journal followers send nothing and PTY clients send keystrokes, so a larger message is a mistake or an attack. */
const maxPayload = 16 * 1024 * 1024

const server = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  clientTracking: false,
  maxPayload,
  handleProtocols: (offered) => chooseSubprotocol([...offered]) ?? false,
})

/** All offered subprotocols; the offer may be spread over several header lines. */
export function offeredSubprotocols(request: IncomingMessage): string[] {
  const lines: string[] = []
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    if (request.rawHeaders[i]?.toLowerCase() === 'sec-websocket-protocol') lines.push(request.rawHeaders[i + 1] ?? '')
  }
  return lines
    .join(',')
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '')
}

/**
 * Nothing offered: select nothing (clients fail on an unrequested one). Otherwise one of the offered: the version token,
 * else the exit control (so that environment tokens are not echoed), else the first.
 */
export function chooseSubprotocol(offered: readonly string[]): string | undefined {
  return versionToken(offered) ?? offered.find((token) => token === exitControl) ?? offered[0]
}

/** Who waits for the end of a handshake that `ws` may find wrong. */
const waiting = new WeakMap<Duplex, (error: ApiError) => void>()
server.on('wsClientError', ({ message }, socket) => waiting.get(socket)?.(new ApiError('BAD_REQUEST', message)))

/**
 * Answer 101. Rejects with an `ApiError` that is still to be told when the request is not a proper WebSocket handshake,
 * and when the peer has gone. The answer leaves together with what is sent at once: starting a program takes a while,
 * and Python's client waits for the first message of a terminal for 100 ms from the 101 on.
 */
export function acceptUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const refuse = (error: ApiError) => {
      socket.off('close', gone)
      socket.uncork()
      reject(error)
    }
    const gone = () => reject(new ApiError('BAD_REQUEST', 'the connection ended before its upgrade'))
    waiting.set(socket, refuse)
    socket.once('close', gone)
    socket.cork()
    server.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('close', gone)
      setImmediate(() => socket.uncork())
      webSocket.on('error', () => webSocket.terminate())
      resolve(webSocket)
    })
  })
}
