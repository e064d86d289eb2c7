/** The live socket of a browser tab, without the browser. */
import { WebSocket } from 'ws'
import type { Connection } from '../e2e/support/product'
import { creditWindow } from '../lib/live/limits'
import type { ClientMessage, JournalRef, ServerMessage } from '../lib/live/protocol'
import { decodeJournalFrame } from '../lib/process-api/journal-frame'

/** Exchange the one-time link for a cookie. */
export async function signIn(connection: Connection): Promise<string> {
  const response = await fetch(connection.signInUrl, { redirect: 'manual' })
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
  if (!cookie) throw new Error(`signing in returned ${response.status} without a cookie`)
  return cookie
}

export interface LiveListener {
  /** `at`: monotonic nanoseconds, the same clock as for programs in a sandbox. */
  bytes?(payload: Uint8Array, at: bigint): void
  message?(message: ServerMessage, at: bigint): void
}

export class LiveClient {
  private nextChannel = 1

  private constructor(
    private readonly socket: WebSocket,
    private readonly listener: LiveListener,
  ) {
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      const at = process.hrtime.bigint()
      if (isBinary) {
        const { channel, data: payload } = decodeJournalFrame(data)
        this.listener.bytes?.(payload, at)
        this.say({ t: 'credit', ch: channel, bytes: payload.length })
        return
      }
      const message: ServerMessage = JSON.parse(data.toString('utf8'))
      if (message.t === 'ping') this.say({ t: 'ping', n: message.n })
      this.listener.message?.(message, at)
    })
  }

  static async open(connection: Connection, cookie: string, listener: LiveListener): Promise<LiveClient> {
    const url = new URL('/live', connection.consoleUrl)
    url.protocol = 'ws:'
    const socket = new WebSocket(url, {
      headers: { cookie, origin: connection.consoleUrl },
      perMessageDeflate: false,
    })
    const client = new LiveClient(socket, listener)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    return client
  }

  follow(ref: JournalRef): void {
    this.say({ t: 'open', ch: this.nextChannel, target: 'local', ref, from: 0, credit: creditWindow })
    this.nextChannel += 1
  }

  watch(): void {
    this.say({ t: 'watch', target: 'local' })
  }

  close(): void {
    this.socket.terminate()
  }

  private say(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message))
  }
}
