/** The Socket.IO endpoint that official SDKs open for sandbox events (process API 5.3). */
import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import { sameSecret } from './credentials'
import { onDesiredChange } from './desired-states'
import { requireKnownHost } from './host-check'
import type { Sandboxes } from './sandboxes'

export const sdkEventsPath = '/api/socket.io/'

/** WebSocket only, as the SDKs ask; the key comes in the connect packet. Returns what closes it. */
export function serveSdkEvents(
  server: HttpServer,
  sandboxes: Sandboxes,
  { apiKey, hosts }: { apiKey: string; hosts: ReadonlySet<string> },
): () => void {
  const io = new Server(server, {
    path: sdkEventsPath,
    transports: ['websocket'],
    serveClient: false,
    destroyUpgrade: false,
    pingInterval: 25_000,
    pingTimeout: 20_000,
    maxHttpBufferSize: 1_000_000,
    // It takes its requests from the server itself, before our own checks.
    allowRequest: (request, answer) => {
      try {
        requireKnownHost(request.headers.host, hosts)
        answer(null, true)
      } catch (error) {
        answer(error instanceof Error ? error.message : 'refused', false)
      }
    },
  })
  io.use((socket, next) => {
    const token: unknown = socket.handshake.auth.token
    next(typeof token === 'string' && sameSecret(token, apiKey) ? undefined : new Error('Invalid credentials'))
  })
  sandboxes.onChange((sandbox, oldState) => {
    const dto = sandbox.toDto()
    if (oldState === null) io.emit('sandbox.created', dto)
    else if (oldState !== sandbox.state) {
      io.emit('sandbox.state.updated', { sandbox: dto, oldState, newState: sandbox.state })
    }
  })
  onDesiredChange(sandboxes, (sandbox, oldDesiredState) => {
    const newDesiredState = sandbox.record.desired
    io.emit('sandbox.desired-state.updated', { sandbox: sandbox.toDto(), oldDesiredState, newDesiredState })
  })
  return () => io.disconnectSockets(true)
}
