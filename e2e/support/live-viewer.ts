/** A viewer of one log that is no browser: follows over `/live`, comes back when it is cut off, and checks every offset. */
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
  readonly pieces: Buffer[] = []
  private socket: WebSocket | null = null
  private closed = false
  private owed = 0

  constructor(
    private readonly consoleUrl: string,
    private readonly cookie: string,
    readonly ref: JournalRef,
  ) {
    this.connect()
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString()
  }

  get digest(): string {
    const hash = createHash('sha256')
    for (const piece of this.pieces) hash.update(piece)
    return hash.digest('hex')
  }

  /** Cut the connection off, as a failing network does. */
  cut(): void {
    this.socket?.terminate()
  }

  /** Stop or go on reading the socket. */
  hold(paused: boolean): void {
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
    this.owed = 0
    socket.on('open', () => {
      this.connections += 1
      this.say({ t: 'open', ch: this.connections, target: 'local', ref: this.ref, from: this.next, credit })
    })
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.take(data as Buffer)
      else this.hear(JSON.parse(data.toString()))
    })
    socket.on('error', () => undefined)
    socket.on('close', () => setTimeout(() => this.connect(), retryMs))
  }

  private hear(message: ServerMessage): void {
    this.messages.push(message)
    if (message.t === 'end') this.end = message
    if (message.t === 'error') this.problem ??= `${message.code}: ${message.message}`
  }

  private take(bytes: Buffer): void {
    const { offset, payload } = decodeJournalFrame(bytes)
    if (offset !== this.next) this.problem ??= `a frame at ${offset} where ${this.next} was next`
    this.pieces.push(Buffer.from(payload))
    this.next = offset + payload.byteLength
    this.owed += payload.byteLength
    if (this.owed < credit / 4) return
    this.say({ t: 'credit', ch: this.connections, bytes: this.owed })
    this.owed = 0
  }

  private say(message: ClientMessage): void {
    this.socket?.send(JSON.stringify(message))
  }
}
