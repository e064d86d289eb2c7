/** One WebSocket from the console to a target: refused upgrades are read, a dead peer is noticed, reading can be paused. */
import { WebSocket } from 'ws'
import { log } from '@/lib/log/log'
import { watchingHeaders } from '@/lib/process-api/client'
import type { ApiError } from '@/lib/process-api/errors'
import { TargetError } from '@/lib/process-api/problem'
import { refusal } from '@/lib/process-api/refusal'
import { heartbeatMs } from '../protocol'

const handshakeMs = 10_000
const longestMessage = 8 * 1024 * 1024
const longestRefusal = 64 * 1024

export interface TargetSocketListener {
  opened?(): void
  text?(text: string): void
  bytes?(bytes: Buffer): void
  /** Exactly once, whatever happened. `error` is set where the socket never opened or broke. */
  closed(code: number, error: ApiError | TargetError | null): void
}

/** How many sockets to targets are open; shown by the health answer so that leaks are seen. */
export const targetSockets = { open: 0 }

export class TargetSocket {
  private readonly socket: WebSocket
  private heartbeat: NodeJS.Timeout | null = null
  private heard = true
  private done = false
  private error: ApiError | TargetError | null = null

  /** @param url an http or https address; the scheme of the socket follows from it */
  constructor(
    url: string,
    apiKey: string,
    private readonly listener: TargetSocketListener,
  ) {
    targetSockets.open += 1
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), {
      headers: watchingHeaders(apiKey),
      handshakeTimeout: handshakeMs,
      perMessageDeflate: false,
      maxPayload: longestMessage,
      followRedirects: false,
    })
    this.socket.on('open', () => this.opened())
    this.socket.on('message', (data, isBinary) => {
      this.heard = true
      if (!this.done && Buffer.isBuffer(data)) this.deliver(data, isBinary)
    })
    this.socket.on('pong', () => {
      this.heard = true
    })
    this.socket.on('unexpected-response', (request, response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        if (text.length < longestRefusal) text += part
      })
      const refused = () => {
        this.error = refusal(response.statusCode ?? 0, text)
        request.destroy()
        this.finish(1006)
      }
      response.on('end', refused)
      response.on('error', refused)
    })
    this.socket.on('error', (cause) => {
      this.error ??= new TargetError('TARGET_UNREACHABLE', 'The engine is not responding.', { cause })
    })
    this.socket.on('close', (code) => this.finish(code))
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.heard = true
    this.socket.resume()
  }

  /** Close without telling the listener. */
  close(): void {
    this.release()
    // `terminate` of a socket that never opened reports an error, which nobody waits for any more.
    this.socket.terminate()
  }

  private opened(): void {
    if (this.done) return
    this.heartbeat = setInterval(() => this.checkPulse(), heartbeatMs)
    this.listener.opened?.()
  }

  /** What a target sends must not be able to end this process: an answer that cannot be read ends the socket. */
  private deliver(data: Buffer, isBinary: boolean): void {
    try {
      if (isBinary) this.listener.bytes?.(data)
      else this.listener.text?.(data.toString('utf8'))
    } catch (cause) {
      log.error({ err: cause }, 'A message of a target could not be read')
      this.error = new TargetError(
        'TARGET_BAD_RESPONSE',
        'The target sent something that the process API does not have.',
        {
          cause,
        },
      )
      this.socket.terminate()
    }
  }

  private checkPulse(): void {
    if (this.socket.isPaused) return // nothing can be heard, and nothing should be
    if (!this.heard) {
      this.socket.terminate()
      return
    }
    this.heard = false
    this.socket.ping()
  }

  private finish(code: number): void {
    if (this.done) return
    this.release()
    this.listener.closed(code, this.error)
  }

  private release(): void {
    if (this.done) return
    this.done = true
    targetSockets.open -= 1
    if (this.heartbeat) clearInterval(this.heartbeat)
  }
}
