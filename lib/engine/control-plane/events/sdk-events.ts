/** The Socket.IO endpoint that official SDKs open for sandbox events (process API 5.3). */
import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server, type Socket } from 'socket.io'
import { secretsEqual } from '../access/credentials'
import type { Sandboxes } from '../sandboxes/sandboxes'
import { onDesiredChange } from './desired-states'
import { settledStates } from './settled-states'

const path = '/api/socket.io/'
/** Sockets whose key has not arrived yet. Anyone can open them, so the oldest makes room for the next. */
const maxPending = 200
/** Clients send their key and nothing long. */
const maxPacketBytes = 64 * 1024

/** Receives matching requests from the server, after the general checks. */
export class SdkEvents {
  /** Never listens; it only passes requests to Socket.IO. A program on a preview host may have its own Socket.IO. */
  private readonly requests = new HttpServer()
  private readonly io: Server

  /** WebSocket only, as the SDKs request; the key is in the connect packet. */
  constructor(sandboxes: Sandboxes, apiKey: string) {
    this.io = new Server(this.requests, {
      path,
      transports: ['websocket'],
      serveClient: false,
      destroyUpgrade: false,
      pingInterval: 25_000,
      pingTimeout: 20_000,
      // The client is not authenticated until its key arrives.
      connectTimeout: 10_000,
      maxHttpBufferSize: maxPacketBytes,
    })
    this.io.use((socket, next) => {
      const token: unknown = socket.handshake.auth.token
      next(typeof token === 'string' && secretsEqual(token, apiKey) ? undefined : new Error('Invalid credentials'))
    })
    this.limitPending()
    sandboxes.onChange(
      settledStates({
        created: (sandbox) => this.io.emit('sandbox.created', sandbox.toDto()),
        changed: (sandbox, oldState) =>
          this.io.emit('sandbox.state.updated', { sandbox: sandbox.toDto(), oldState, newState: sandbox.state }),
      }),
    )
    onDesiredChange(sandboxes, (sandbox, oldDesiredState) => {
      const newDesiredState = sandbox.record.desired
      this.io.emit('sandbox.desired-state.updated', { sandbox: sandbox.toDto(), oldDesiredState, newDesiredState })
    })
  }

  private limitPending(): void {
    const pending = new Set<Socket['conn']>()
    this.io.engine.on('connection', (connection: Socket['conn']) => {
      connection.once('close', () => pending.delete(connection))
      pending.add(connection)
      const [oldest] = pending
      if (pending.size > maxPending) oldest?.close(true)
    })
    this.io.on('connection', ({ conn }) => pending.delete(conn))
  }

  isFor(request: IncomingMessage): boolean {
    return request.url?.startsWith(path) ?? false
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.requests.emit('request', request, response)
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.requests.emit('upgrade', request, socket, head)
  }

  close(): void {
    this.io.disconnectSockets(true)
  }
}
