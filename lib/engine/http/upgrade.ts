/** WebSocket upgrades: choosing the subprotocol (1.4) and accepting the socket. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { ApiError } from '@/lib/process-api/errors'
import { versionToken } from './sdk-version'

const exitControl = 'X-Daytona-Pty-Exit-Control'
/** Bytes. Journal followers send nothing and PTY clients send keystrokes: a larger message is an error or an attack. */
const maxPayload = 16 * 1024 * 1024

const server = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  clientTracking: false,
  maxPayload,
  handleProtocols: (offered) => chooseSubprotocol([...offered]) ?? false,
})

/** All offered subprotocols, which may be spread over several header lines. */
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
 * Select the version token if offered, else the exit control (so that environment tokens are not echoed), else the first
 * subprotocol. Select nothing if nothing was offered: clients fail on a subprotocol that they did not request.
 */
export function chooseSubprotocol(offered: readonly string[]): string | undefined {
  return versionToken(offered) ?? offered.find((token) => token === exitControl) ?? offered[0]
}

/** Rejects pending handshakes that `ws` finds invalid. */
const pendingHandshakes = new WeakMap<Duplex, (error: ApiError) => void>()
server.on('wsClientError', ({ message }, socket) =>
  pendingHandshakes.get(socket)?.(new ApiError('BAD_REQUEST', message)),
)

/**
 * Respond 101. Rejects with an `ApiError`, not sent yet, if the request is not a valid WebSocket handshake or the peer
 * has disconnected. The 101 is sent together with the first messages: starting a program takes a while, and the Python
 * client waits only 100 ms after the 101 for the first message of a terminal.
 */
export function acceptUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const refuse = (error: ApiError) => {
      socket.off('close', onClose)
      socket.uncork()
      reject(error)
    }
    const onClose = () => reject(new ApiError('BAD_REQUEST', 'the connection ended before its upgrade'))
    pendingHandshakes.set(socket, refuse)
    socket.once('close', onClose)
    socket.cork()
    server.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('close', onClose)
      setImmediate(() => socket.uncork())
      webSocket.on('error', () => webSocket.terminate())
      resolve(webSocket)
    })
  })
}
