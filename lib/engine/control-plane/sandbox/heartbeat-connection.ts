/**
 * A connection to a toolbox that stays open and carries one byte for each ping. With a hundred idle sandboxes, HTTP
 * requests instead would take several percent of a core.
 */
import { request as httpRequest } from 'node:http'
import type { Socket } from 'node:net'
import { heartbeatPath } from '../../config/heartbeat'

const ping = Buffer.from([0])

/** The toolbox is of a version without this connection. */
export class HeartbeatUnsupported extends Error {
  override readonly name = 'HeartbeatUnsupported'
}

export class HeartbeatConnection {
  private socket: Socket | null = null

  constructor(private readonly connect: () => Socket) {}

  /** Resolves when the toolbox has echoed a byte. Rejects after the timeout, and if the connection closes. */
  async ping(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    this.socket ??= await this.open(timeoutMs)
    await this.echo(this.socket, Math.max(1, deadline - performance.now()))
  }

  close(): void {
    this.socket?.destroy()
    this.socket = null
  }

  private open(timeoutMs: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        createConnection: () => this.connect(),
        path: heartbeatPath,
        headers: { connection: 'Upgrade', upgrade: 'heartbeat' },
        signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
      })
      request.once('error', reject)
      request.once('response', (response) => {
        response.resume()
        reject(new HeartbeatUnsupported(`the upgrade returned status ${response.statusCode}`))
      })
      request.once('upgrade', (_response, socket) => resolve(this.keep(socket)))
      request.end()
    })
  }

  private keep(socket: Socket): Socket {
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      if (this.socket === socket) this.socket = null
    })
    return socket.unref()
  }

  private echo(socket: Socket, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      // An echo that comes too late must not be taken for that of a later ping.
      const timer = setTimeout(() => socket.destroy(), timeoutMs)
      const settle = (end: () => void) => () => {
        clearTimeout(timer)
        socket.off('data', onEcho).off('close', onClosed)
        end()
      }
      const onEcho = settle(resolve)
      const onClosed = settle(() => reject(new Error('the toolbox did not respond to a ping')))
      socket.on('data', onEcho).on('close', onClosed)
      socket.write(ping)
    })
  }
}
