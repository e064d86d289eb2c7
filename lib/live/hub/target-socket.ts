/** A WebSocket from the console to a target. It reads the errors of rejected upgrades, detects dead peers, and can pause. */
import { WebSocket } from 'ws'
import { log } from '@/lib/log/log'
import { watchingHeaders } from '@/lib/process-api/client'
import type { ApiError } from '@/lib/process-api/errors'
import { TargetError } from '@/lib/process-api/problem'
import { refusal } from '@/lib/process-api/refusal'
import { heartbeatMs } from '../limits'

const handshakeTimeoutMs = 10_000
const maxMessageBytes = 8 * 1024 * 1024
const maxErrorLength = 64 * 1024

export interface TargetSocketListener {
  opened?(): void
  text?(text: string): void
  bytes?(bytes: Buffer): void
  /** The peer has read everything up to the `ping` with this text. */
  pong?(text: string): void
  /** Called exactly once. `error` is set where the socket did not open or broke; `reason` is that of the close frame. */
  closed(code: number, error: ApiError | TargetError | null, reason: string): void
}

export interface SocketCount {
  open: number
}

/** The number of open sockets to targets for tabs, which the health response contains to reveal leaks. */
export const targetSockets: SocketCount = { open: 0 }

export class TargetSocket {
  private readonly socket: WebSocket
  private heartbeat: NodeJS.Timeout | null = null
  private isAlive = true
  private isFinished = false
  private error: ApiError | TargetError | null = null

  /**
   * @param url an http or https URL, which is converted to ws or wss
   * @param protocols subprotocols to offer
   * @param maxPayload the largest message, in bytes
   * @param count counts the socket while it is open
   */
  constructor(
    url: string,
    apiKey: string,
    private readonly listener: TargetSocketListener,
    protocols: readonly string[] = [],
    maxPayload = maxMessageBytes,
    private readonly count = targetSockets,
  ) {
    count.open += 1
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), [...protocols], {
      headers: watchingHeaders(apiKey),
      handshakeTimeout: handshakeTimeoutMs,
      perMessageDeflate: false,
      maxPayload,
      followRedirects: false,
    })
    this.socket.on('open', () => this.handleOpen())
    this.socket.on('message', (data, isBinary) => {
      this.isAlive = true
      if (!this.isFinished && Buffer.isBuffer(data)) this.deliver(data, isBinary)
    })
    this.socket.on('pong', (data) => {
      this.isAlive = true
      if (!this.isFinished && data.length > 0) this.listener.pong?.(data.toString())
    })
    this.socket.on('unexpected-response', (request, response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        if (text.length < maxErrorLength) text += part
      })
      const handleRefusal = () => {
        this.error = refusal(response.statusCode ?? 0, text)
        request.destroy()
        this.finish(1006, '')
      }
      response.on('end', handleRefusal)
      response.on('error', handleRefusal)
    })
    this.socket.on('error', (cause) => {
      this.error ??= new TargetError('TARGET_UNREACHABLE', 'The target is not responding.', { cause })
    })
    this.socket.on('close', (code, reason) => this.finish(code, reason.toString()))
  }

  send(data: string | Uint8Array): void {
    this.socket.send(data)
  }

  /** Request a `pong` with this text: the peer sends it when it has read everything that was sent before. */
  ping(text: string): void {
    this.socket.ping(text)
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.isAlive = true
    this.socket.resume()
  }

  /** Close without notifying the listener. */
  close(): void {
    this.release()
    // `terminate` reports an error on a socket that has not opened; the handler above ignores it.
    this.socket.terminate()
  }

  private handleOpen(): void {
    if (this.isFinished) return
    this.heartbeat = setInterval(() => this.checkHeartbeat(), heartbeatMs)
    this.listener.opened?.()
  }

  /** A message that cannot be handled closes the socket: it must not crash this process. */
  private deliver(data: Buffer, isBinary: boolean): void {
    try {
      if (isBinary) this.listener.bytes?.(data)
      else this.listener.text?.(data.toString('utf8'))
    } catch (cause) {
      log.error({ err: cause }, 'A message of a target could not be read')
      this.error = new TargetError(
        'TARGET_BAD_RESPONSE',
        'The target sent a message that is not part of the process API.',
        {
          cause,
        },
      )
      this.socket.terminate()
    }
  }

  private checkHeartbeat(): void {
    if (this.socket.isPaused) return // pongs are not read either
    if (!this.isAlive) {
      this.socket.terminate()
      return
    }
    this.isAlive = false
    this.socket.ping()
  }

  private finish(code: number, reason: string): void {
    if (this.isFinished) return
    this.release()
    this.listener.closed(code, this.error, reason)
  }

  private release(): void {
    if (this.isFinished) return
    this.isFinished = true
    this.count.open -= 1
    if (this.heartbeat) clearInterval(this.heartbeat)
  }
}
