/** A client of a PTY's socket that records all messages in order. */
import { once } from 'node:events'
import type { WebSocket } from 'ws'
import { decodeJournalFrame } from '@/lib/process-api/journal-frame'
import { eventually, type ToolboxFixture } from './toolbox-fixture'

export interface PtyMessage {
  type: string
  status?: string
  error?: string
  exitCode?: number
  exitReason?: string
  offset?: number
  cols?: number
  rows?: number
  sizeOwner?: string | null
  alternateScreen?: boolean
  skipped?: number
  data?: string
  client?: string
  message?: string
}

export class PtyClient {
  /** The status or type of each text message, and `output` for each binary one, in the order of arrival. */
  readonly order: string[] = []
  readonly messages: PtyMessage[] = []
  readonly chunks: Buffer[] = []
  /** Offsets of the journal frames of a client with a snapshot. */
  readonly offsets: number[] = []
  closed: { code: number; reason: string } | null = null

  constructor(
    readonly socket: WebSocket,
    framed: boolean,
  ) {
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) {
        const frame = framed ? decodeJournalFrame(data) : null
        if (frame) this.offsets.push(frame.offset)
        this.chunks.push(Buffer.from(frame?.data ?? data))
        this.order.push('output')
      } else {
        const message: PtyMessage = JSON.parse(String(data))
        this.messages.push(message)
        this.order.push(message.status ?? message.type)
      }
    })
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
    })
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }
  get text(): string {
    return this.bytes.toString('utf8')
  }

  last(type: string): PtyMessage | undefined {
    return this.messages.findLast((message) => message.type === type || message.status === type)
  }

  send(text: string): void {
    this.socket.send(Buffer.from(text))
  }

  sendMessage(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  /** Wait until the output contains a text. */
  shows(text: string | RegExp, ms = 10_000): Promise<true> {
    return eventually(
      `output with ${text}`,
      () => (typeof text === 'string' ? this.text.includes(text) : text.test(this.text)) || null,
      ms,
    )
  }

  connected(): Promise<true> {
    return eventually('connected', () => this.order.includes('connected') || null)
  }

  async done(): Promise<{ code: number; reason: string }> {
    if (!this.closed) await once(this.socket, 'close')
    if (!this.closed) throw new Error('closed without a code')
    return this.closed
  }
}

export interface ConnectOptions {
  protocols?: string[]
  query?: string
}

/** Connect to a route below `/process/pty` and wait for the 101. Rejects with the HTTP response otherwise. */
export async function open(
  toolbox: Pick<ToolboxFixture, 'webSocket'>,
  route: string,
  options: ConnectOptions = {},
): Promise<PtyClient> {
  const { protocols, query } = options
  const url = `/process/pty/${route}${query ? `${route.includes('?') ? '&' : '?'}${query}` : ''}`
  const client = new PtyClient(toolbox.webSocket(url, protocols ? { protocols } : {}), /[?&]snapshot=1/.test(url))
  await once(client.socket, 'open')
  return client
}
