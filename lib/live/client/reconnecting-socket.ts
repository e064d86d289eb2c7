/**
 * The WebSocket to the console, which is replaced when it is lost or dead. It passes messages on and maintains the
 * state of the connection; channels and subscriptions are up to the owner.
 */
import { retryDelay } from '../backoff'
import { heartbeatMs } from '../limits'
import type { ClientMessage, ServerMessage } from '../protocol'
import { type Connection, type ConnectionPhase, firstConnection } from './connection'
import { PingTracker } from './ping-tracker'

/** A probed connection is replaced when nothing is received for this long, so that a page is live 3 s after it wakes up. */
const probeTimeoutMs = 1_500
/** Limit of the time between the dial and the console's `hello`. */
const helloTimeoutMs = 10_000
/** With the time limit of the reply, a visible page shows within 10 s that the network is silent. */
const visiblePingIntervalMs = 3_000
const hiddenPingIntervalMs = 10_000
const checkIntervalMs = 500
/** After this many rejected connections in a row, the tab checks whether the user is still signed in. */
const rejectionsBeforeCheck = 2

/** One WebSocket of the browser. */
export interface Transport {
  send(text: string): void
  close(): void
}

/** Text messages are strings, journal frames are array buffers. A rejected connection is reported as closed. */
export interface TransportHandlers {
  message(data: unknown): void
  closed(): void
}

export interface SocketOptions {
  connect: (handlers: TransportHandlers) => Transport
  /** Called after rejected connections; true stops all attempts until `probe`. */
  signedOut?: () => Promise<boolean>
  /** Called after rejected connections of a signed-in user: the reason as a sentence, if the console knows one. */
  refusal?: () => Promise<string | null>
  random?: () => number
}

export interface SocketHandlers {
  /** The console has sent `hello`: open channels and subscriptions again. */
  connected(): void
  message(message: ServerMessage): void
  frame(bytes: Uint8Array): void
  /** The connection was lost after `connected`. */
  disconnected(): void
  connectionChanged(): void
}

export class ReconnectingSocket {
  private state = firstConnection
  private transport: Transport | null = null
  private isConnected = false
  private isVisible = true
  private checkedAt = 0
  private attempt = 0
  private rejections = 0
  private build: string | null = null
  private serverIntervalMs = heartbeatMs
  private readonly ping = new PingTracker()
  private retryTimer: ReturnType<typeof setTimeout> | undefined
  private helloTimer: ReturnType<typeof setTimeout> | undefined
  private probeTimer: ReturnType<typeof setTimeout> | undefined
  private heartbeatTimer: ReturnType<typeof setInterval> | undefined

  constructor(
    private readonly options: SocketOptions,
    private readonly handlers: SocketHandlers,
  ) {}

  /** The same object until something changes. */
  get connection(): Connection {
    return this.state
  }

  /** Change fields of the connection's state. */
  patch(change: Partial<Connection>): void {
    this.state = { ...this.state, ...change }
    this.handlers.connectionChanged()
  }

  start(): void {
    if (this.transport || this.retryTimer) return
    this.state = { ...this.state, since: Date.now() }
    this.heartbeatTimer = setInterval(() => this.checkHeartbeat(), checkIntervalMs)
    this.dial()
  }

  stop(): void {
    this.disconnect()
    clearInterval(this.heartbeatTimer)
    this.cancelRetry()
    this.state = firstConnection
  }

  /** Dropped while not connected: the owner sends everything again in `connected`. */
  send(message: ClientMessage): void {
    if (this.isConnected) this.transport?.send(JSON.stringify(message))
  }

  /** Retry at once: the user asked for it, or the network may be back. */
  retryNow(): void {
    if (this.isConnected) {
      this.probe()
      return
    }
    this.attempt = 0
    this.rejections = 0
    this.dial()
  }

  /** The page woke up: replace the connection unless something is received soon. */
  probe(): void {
    if (this.probeTimer) return
    if (this.transport === null) {
      this.retryNow()
      return
    }
    // A connection that is still being opened may hang too: it was dialled before the network came back.
    if (this.isConnected) this.sendPing()
    this.probeTimer = setTimeout(() => {
      this.probeTimer = undefined
      this.dial()
    }, probeTimeoutMs)
  }

  /** Only the connection of a visible page is checked often. */
  setVisible(visible: boolean): void {
    this.isVisible = visible
  }

  setOffline(offline: boolean): void {
    this.patch({ offline })
    this.probe()
  }

  private dial(): void {
    this.cancelRetry()
    this.disconnect()
    this.ping.reset()
    if (this.state.phase !== 'connecting') this.setPhase('waiting', { retryAt: null })
    this.helloTimer = setTimeout(() => this.handleLoss(), helloTimeoutMs)
    let transport: Transport | null = null
    const isCurrent = () => transport !== null && transport === this.transport
    transport = this.options.connect({
      message: (data) => {
        if (isCurrent()) this.handleData(data)
      },
      closed: () => {
        if (isCurrent()) this.handleLoss()
      },
    })
    this.transport = transport
  }

  /** Drop the transport without waiting for its close event, which takes minutes for a dead one. */
  private disconnect(): void {
    clearTimeout(this.helloTimer)
    this.cancelProbe()
    this.ping.reset()
    const { transport } = this
    this.transport = null
    transport?.close()
    if (!this.isConnected) return
    this.isConnected = false
    this.handlers.disconnected()
  }

  private handleLoss(): void {
    if (!this.isConnected) this.rejections += 1
    this.disconnect()
    const delayMs = retryDelay(this.attempt, this.options.random)
    this.attempt += 1
    this.setPhase('waiting', { retryAt: Date.now() + delayMs, latencyMs: null })
    this.cancelRetry()
    this.retryTimer = setTimeout(() => this.dial(), delayMs)
    if (this.rejections >= rejectionsBeforeCheck) void this.checkSignIn()
  }

  /** To a browser, a rejected upgrade looks like a dead server, so the session is checked over HTTP. */
  private async checkSignIn(): Promise<void> {
    const signedOut = await this.options.signedOut?.()
    if (this.isConnected) return
    if (!signedOut) {
      const refusal = (await this.options.refusal?.()) ?? null
      if (refusal !== null && !this.isConnected) this.patch({ refusal })
      return
    }
    this.cancelRetry()
    this.disconnect()
    this.setPhase('signed-out', { retryAt: null })
  }

  private cancelRetry(): void {
    clearTimeout(this.retryTimer)
    this.retryTimer = undefined
  }

  private cancelProbe(): void {
    clearTimeout(this.probeTimer)
    this.probeTimer = undefined
  }

  private handleData(data: unknown): void {
    this.ping.received()
    this.cancelProbe()
    if (data instanceof ArrayBuffer) this.handlers.frame(new Uint8Array(data))
    else if (typeof data === 'string') this.handleMessage(JSON.parse(data) as ServerMessage)
  }

  private handleMessage(message: ServerMessage): void {
    if (message.t === 'hello') this.handleHello(message.build, message.heartbeatMs)
    else if (message.t === 'ping') this.sendPing()
    else if (message.t === 'pong') this.handlePong(message.n)
    else if (message.t === 'error' && !this.isConnected) this.patch({ refusal: message.message })
    else this.handlers.message(message)
  }

  private handleHello(build: string, intervalMs: number): void {
    clearTimeout(this.helloTimer)
    this.isConnected = true
    this.attempt = 0
    this.rejections = 0
    this.serverIntervalMs = intervalMs
    const isNewBuild = this.build !== null && this.build !== build
    this.build ??= build
    this.setPhase('live', { retryAt: null, offline: false, refusal: null, stale: this.state.stale || isNewBuild })
    this.handlers.connected()
    this.sendPing()
  }

  /** Proves that this side is alive, and measures the round trip. */
  private sendPing(): void {
    this.send({ t: 'ping', n: this.ping.next() })
  }

  private handlePong(n: number): void {
    const latencyMs = this.ping.pong(n)
    if (latencyMs !== null) this.patch({ latencyMs })
  }

  private checkHeartbeat(): void {
    const lateMs = performance.now() - this.checkedAt
    this.checkedAt = performance.now()
    if (!this.isConnected) return
    // The page was held up, and replies may be waiting to be read. Hidden pages are always late.
    if (this.isVisible && lateMs > checkIntervalMs * 3) return
    if (this.ping.silenceMs > this.serverIntervalMs * 2) this.handleLoss()
    else if (this.ping.isTimedOut) this.dial()
    else if (this.isPingDue) this.sendPing()
  }

  private get isPingDue(): boolean {
    const intervalMs = this.isVisible ? visiblePingIntervalMs : hiddenPingIntervalMs
    return this.ping.sincePingMs >= intervalMs && !this.ping.isAwaiting
  }

  private setPhase(phase: ConnectionPhase, rest: Partial<Connection>): void {
    const since = this.state.phase === phase ? this.state.since : Date.now()
    this.patch({ ...rest, phase, since })
  }
}
