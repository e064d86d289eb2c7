/** Attaches a WebSocket to a PTY. */
import type { RawData, WebSocket } from 'ws'
import { type PtyClientMessage, type PtyControl, ptyClientMessageSchema } from '@/lib/process-api/pty'
import { keepAlive } from '../../http/keep-alive'
import { PlainClient } from './plain-client'
import type { PtySession } from './pty-session'
import { SnapshotClient } from './snapshot-client'

export interface ConnectOptions {
  exitControl: boolean
  /** Extension: send the screen first, and output in frames with offsets. */
  snapshot: boolean
  /** Extension: watch only. Messages of this client have no effect. */
  viewer: boolean
  /** The name under which this client may own the size. */
  client: string
}

export function attach(socket: WebSocket, session: PtySession, options: ConnectOptions): void {
  keepAlive(socket)
  if (options.snapshot) attachWithSnapshot(socket, session, options)
  else attachPlain(socket, session, options)
}

/** Report why a client cannot be attached, then close its socket. */
export function refuse(socket: WebSocket, error: string): void {
  const message: PtyControl = { type: 'control', status: 'error', error }
  socket.resume()
  socket.send(JSON.stringify(message))
  const reason = JSON.stringify({ error })
  socket.close(1008, Buffer.byteLength(reason) <= 123 ? reason : 'PTY session unavailable')
}

function attachPlain(socket: WebSocket, session: PtySession, options: ConnectOptions): void {
  const client = new PlainClient(socket, options.viewer, options.exitControl, () => session.applyBackpressure())
  client.connected(session.recentOutput())
  session.attach(client)
  socket.on('close', () => session.detach(client, null))
  if (!options.viewer) socket.on('message', (data) => type(socket, session, bytesOf(data)))
}

function attachWithSnapshot(socket: WebSocket, session: PtySession, options: ConnectOptions): void {
  const { client: name, viewer } = options
  const client = new SnapshotClient(socket, name, viewer, session, () => session.applyBackpressure())
  client.connected()
  session.attach(client)
  socket.on('close', () => session.detach(client, name))
  socket.on('message', (data, isBinary) => {
    if (viewer) {
      client.refuse('this client is read-only')
    } else if (isBinary) {
      type(socket, session, bytesOf(data))
    } else {
      const message = ptyClientMessageSchema.safeParse(parseJson(data))
      if (message.success) handleMessage(socket, session, client, message.data)
      else client.refuse('invalid message')
    }
  })
}

function handleMessage(socket: WebSocket, session: PtySession, client: SnapshotClient, message: PtyClientMessage) {
  const { name } = client
  switch (message.type) {
    case 'input':
      type(socket, session, Buffer.from(message.data))
      return
    case 'resize':
      if (session.sizeOwner !== null && session.sizeOwner !== name) client.refuse('another client owns the size')
      else session.resize(message.cols, message.rows, name)
      return
    case 'take-size':
      session.resize(message.cols, message.rows, name)
      return
    case 'release-size':
      session.releaseSize(name)
      return
  }
}

function type(socket: WebSocket, session: PtySession, bytes: Uint8Array): void {
  session.input(
    bytes,
    () => socket.pause(),
    () => socket.resume(),
  )
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}

function parseJson(data: RawData): unknown {
  try {
    return JSON.parse(Buffer.from(bytesOf(data)).toString('utf8'))
  } catch {
    // The caller reports it to the client.
    return undefined
  }
}
