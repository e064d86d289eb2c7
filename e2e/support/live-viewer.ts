/** A viewer of one log without a browser: follows over `/live`, reconnects after a loss, and checks every offset. */
import { createHash } from 'node:crypto'
import { WebSocket } from 'ws'
import type { ClientMessage, JournalRef, ServerMessage } from '@/lib/live/protocol'
import { decodeJournalFrame } from '@/lib/process-api/journal-frame'

const credit = 512 * 1024
const retryMs = 50

export class LiveViewer {
  /** Offset of the next byte. */
  next = 0
  connections = 0
  problem: string | null = null
  /** The last `end` message. */
  end: Extract<ServerMessage, { t: 'end' }> | null = null
  readonly messages: ServerMessage[] = []
  readonly chunks: Buffer[] = []
  private socket: WebSocket | null = null
  private closed = false
  private unacknowledgedBytes = 0

  constructor(
    private readonly consoleUrl: string,
    private readonly cookie: string,
    readonly ref: JournalRef,
  ) {
    this.connect()
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  get digest(): string {
    const hash = createHash('sha256')
    for (const chunk of this.chunks) hash.update(chunk)
    return hash.digest('hex')
  }

  /** Drops the connection without a close frame, as a failing network does. */
  disconnect(): void {
    this.socket?.terminate()
  }

  /** Pauses or resumes reading from the socket. */
  setPaused(paused: boolean): void {
    if (paused) this.socket?.pause()
    else this.socket?.resume()
  }

  close(): void {
    this.closed = true
    this.socket?.terminate()
  }

  private connect(): void {
    if (this.closed) return
    const socket = new WebSocket(`${this.consoleUrl.replace('http', 'ws')}/live`, {
      headers: { cookie: this.cookie, origin: this.consoleUrl },
    })
    this.socket = socket
    this.unacknowledgedBytes = 0
    socket.on('open', () => {
      this.connections += 1
      this.send({ t: 'open', ch: this.connections, target: 'local', ref: this.ref, from: this.next, credit })
    })
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.onFrame(data as Buffer)
      else this.onMessage(JSON.parse(data.toString()))
    })
    socket.on('error', () => undefined)
    socket.on('close', () => setTimeout(() => this.connect(), retryMs))
  }

  private onMessage(message: ServerMessage): void {
    this.messages.push(message)
    if (message.t === 'end') this.end = message
    if (message.t === 'error') this.problem ??= `${message.code}: ${message.message}`
  }

  private onFrame(bytes: Buffer): void {
    const { offset, data: payload } = decodeJournalFrame(bytes)
    if (offset !== this.next) this.problem ??= `received a frame at ${offset}, expected ${this.next}`
    this.chunks.push(Buffer.from(payload))
    this.next = offset + payload.byteLength
    this.unacknowledgedBytes += payload.byteLength
    if (this.unacknowledgedBytes < credit / 4) return
    this.send({ t: 'credit', ch: this.connections, bytes: this.unacknowledgedBytes })
    this.unacknowledgedBytes = 0
  }

  private send(message: ClientMessage): void {
    this.socket?.send(JSON.stringify(message))
  }
}
