/**
 * One line to the console that is kept up: dialled, greeted, listened to, given up when it is dead, dialled again. It
 * knows nothing of channels; it hands on what it hears and keeps the truth about the connection.
 */
import { retryDelay } from '../backoff'
import type { ClientMessage, ServerMessage } from '../protocol'
import { heartbeatMs } from '../protocol'
import { type Connection, type ConnectionPhase, firstConnection } from './connection'

/** A probe of a line that may be dead waits this long for any sign of life. */
const probeMs = 2_000
/** A line that has not greeted by then is given up. */
const greetingMs = 10_000
const latencyEveryMs = 10_000
/** Nothing at all heard for so long after a ping: nobody is at the other end, whatever the socket says. */
const unansweredMs = 6_000
/** Refused this often in a row, the tab asks whether it is still signed in. */
const refusalsBeforeCheck = 2

/** One connection, as the browser's WebSocket gives it. */
export interface Wire {
  send(text: string): void
  close(): void
}

/** Text messages come as strings, journal frames as array buffers. A refused connection is told as closed. */
export interface WireEvents {
  message(data: unknown): void
  closed(): void
}

export interface LineOptions {
  connect: (events: WireEvents) => Wire
  /** Asked after refused connections; true stops the tries until `probe`. */
  signedOut?: () => Promise<boolean>
  random?: () => number
}

/** What the owner of a line is told. */
export interface LineEvents {
  /** The line is up: say again what you want to hear. */
  greeted(): void
  message(message: ServerMessage): void
  frame(bytes: Uint8Array): void
  /** The line that was up is gone. */
  lost(): void
  /** The state changed. */
  changed(): void
}

export class LiveLine {
  readonly #options: LineOptions
  readonly #events: LineEvents
  #connection = firstConnection
  #wire: Wire | null = null
  #greeted = false
  #attempt = 0
  #refusals = 0
  #build: string | null = null
  #beat = heartbeatMs
  #heardAt = 0
  #ping: { n: number; sentAt: number; answered: boolean } = { n: 0, sentAt: 0, answered: true }
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #greetingTimer: ReturnType<typeof setTimeout> | undefined
  #probeTimer: ReturnType<typeof setTimeout> | undefined
  #beatTimer: ReturnType<typeof setInterval> | undefined

  constructor(options: LineOptions, events: LineEvents) {
    this.#options = options
    this.#events = events
  }

  /** The same object until something changed. */
  get connection(): Connection {
    return this.#connection
  }

  /** Put figures of the owner into the state: streams, newest offset. */
  note(change: Partial<Connection>): void {
    this.#connection = { ...this.#connection, ...change }
    this.#events.changed()
  }

  start(): void {
    if (this.#wire || this.#retryTimer) return
    this.#connection = { ...this.#connection, since: Date.now() }
    this.#beatTimer = setInterval(() => this.#checkPulse(), heartbeatMs / 4)
    this.#dial()
  }

  stop(): void {
    this.#hangUp()
    clearInterval(this.#beatTimer)
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
    this.#connection = firstConnection
  }

  /** Before the greeting nothing is sent: `greeted` is the moment to say all that there is to say. */
  send(message: ClientMessage): void {
    if (this.#greeted) this.#wire?.send(JSON.stringify(message))
  }

  /** The person's "retry", and every hint that the network came back. */
  retryNow(): void {
    if (this.#greeted) {
      this.probe()
      return
    }
    this.#attempt = 0
    this.#refusals = 0
    this.#dial()
  }

  /** The page woke up: a line that says nothing within two seconds is replaced. */
  probe(): void {
    if (!this.#greeted) {
      const underWay = this.#wire !== null && Date.now() - this.#heardAt < probeMs
      if (!underWay) this.retryNow()
      return
    }
    if (this.#probeTimer) return
    this.#sendPing()
    this.#probeTimer = setTimeout(() => {
      this.#probeTimer = undefined
      this.#dial()
    }, probeMs)
  }

  setOffline(offline: boolean): void {
    this.note({ offline })
    this.probe()
  }

  #dial(): void {
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
    this.#hangUp()
    this.#heardAt = Date.now()
    if (this.#connection.phase !== 'connecting') this.#setPhase('waiting', { retryAt: null })
    this.#greetingTimer = setTimeout(() => this.#lost(), greetingMs)
    let wire: Wire | null = null
    const mine = () => wire !== null && wire === this.#wire
    wire = this.#options.connect({
      message: (data) => {
        if (mine()) this.#hear(data)
      },
      closed: () => {
        if (mine()) this.#lost()
      },
    })
    this.#wire = wire
  }

  /** Forget the wire without waiting for its close: a dead one would take minutes to say so. */
  #hangUp(): void {
    clearTimeout(this.#greetingTimer)
    clearTimeout(this.#probeTimer)
    this.#probeTimer = undefined
    this.#ping.answered = true
    const wire = this.#wire
    this.#wire = null
    wire?.close()
    if (!this.#greeted) return
    this.#greeted = false
    this.#events.lost()
  }

  #lost(): void {
    if (!this.#greeted) this.#refusals += 1
    this.#hangUp()
    const delay = retryDelay(this.#attempt, this.#options.random)
    this.#attempt += 1
    this.#setPhase('waiting', { retryAt: Date.now() + delay, latencyMs: null })
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(() => this.#dial(), delay)
    if (this.#refusals >= refusalsBeforeCheck) void this.#checkSignIn()
  }

  /** A refused upgrade looks like a dead server to a browser, so the question is asked over HTTP. */
  async #checkSignIn(): Promise<void> {
    const signedOut = await this.#options.signedOut?.()
    if (!signedOut || this.#greeted) return
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
    this.#hangUp()
    this.#setPhase('signed-out', { retryAt: null })
  }

  #hear(data: unknown): void {
    this.#heardAt = Date.now()
    if (this.#probeTimer) {
      clearTimeout(this.#probeTimer)
      this.#probeTimer = undefined
    }
    if (data instanceof ArrayBuffer) this.#events.frame(new Uint8Array(data))
    else if (typeof data === 'string') this.#hearMessage(JSON.parse(data) as ServerMessage)
  }

  #hearMessage(message: ServerMessage): void {
    if (message.t === 'hello') this.#welcome(message.build, message.heartbeatMs)
    else if (message.t === 'ping')
      this.#sendPing() // a sign of life, and a measure
    else if (message.t === 'pong') this.#hearPong(message.n)
    else if (message.t === 'error' && !this.#greeted) this.note({ refusal: message.message })
    else this.#events.message(message)
  }

  #welcome(build: string, beat: number): void {
    clearTimeout(this.#greetingTimer)
    this.#greeted = true
    this.#attempt = 0
    this.#refusals = 0
    this.#beat = beat
    const stale = this.#build !== null && this.#build !== build
    this.#build ??= build
    this.#setPhase('live', { retryAt: null, offline: false, refusal: null, stale: this.#connection.stale || stale })
    this.#events.greeted()
    this.#sendPing()
  }

  #sendPing(): void {
    this.#ping = { n: this.#ping.n + 1, sentAt: performance.now(), answered: false }
    this.send({ t: 'ping', n: this.#ping.n })
  }

  #hearPong(n: number): void {
    if (n !== this.#ping.n || this.#ping.answered) return
    this.#ping.answered = true
    this.note({ latencyMs: performance.now() - this.#ping.sentAt })
  }

  #checkPulse(): void {
    if (!this.#greeted) return
    if (Date.now() - this.#heardAt > this.#beat * 2) this.#lost()
    else if (this.#isUnanswered()) this.#dial()
    else if (performance.now() - this.#ping.sentAt >= latencyEveryMs) this.#sendPing()
  }

  /** What is heard of all kinds counts: an answer may wait behind a backlog. */
  #isUnanswered(): boolean {
    const waiting = performance.now() - this.#ping.sentAt
    return !this.#ping.answered && waiting >= unansweredMs && Date.now() - this.#heardAt >= waiting
  }

  #setPhase(phase: ConnectionPhase, rest: Partial<Connection>): void {
    const since = this.#connection.phase === phase ? this.#connection.since : Date.now()
    this.note({ ...rest, phase, since })
  }
}
