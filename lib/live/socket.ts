/**
 * The tab's one WebSocket: log channels with resume and credit, the change events of targets, and the truth about
 * the connection. No React and no DOM in here; `page-signals.ts` tells it when the page woke up.
 */
import type { Execution } from '@/lib/process-api/execution'
import type { EngineEvent, JournalStream } from '@/lib/process-api/extensions'
import { decodeJournalFrame, type JournalFrame } from '@/lib/process-api/journal-frame'
import { retryDelay } from './backoff'
import { type Connection, type ConnectionPhase, firstConnection } from './connection'
import { JournalBook } from './journal-book'
import type { ClientMessage, JournalRef, ServerMessage } from './protocol'
import { heartbeatMs } from './protocol'

/** A probe of a socket that may be dead waits this long for any sign of life. */
const probeMs = 2_000
/** A socket that has not greeted by then is given up. */
const greetingMs = 10_000
const latencyEveryMs = 10_000
/** Numbers that change with each frame are shown at this pace. */
const figuresMs = 250
/** Refused this often in a row, the tab asks whether it is still signed in. */
const refusalsBeforeCheck = 2

export interface JournalPiece {
  /** Absolute byte offset of `payload`. */
  offset: number
  stream: JournalStream
  wallMs: number | null
  payload: Uint8Array
  /** Bytes before this piece that the server could not give, even when asked again. */
  missing: number
}

/** What a log view is told. `data` has to be answered by `parsed`, or the stream stops at the end of its credit. */
export interface JournalSink {
  opened(from: number, size: number | null): void
  data(piece: JournalPiece): void
  behind(bytes: number): void
  ended(offset: number, execution: Execution | null): void
  /** The way from the console to the target is broken; it keeps trying. */
  away(retryMs: number, message: string): void
  failed(code: string, message: string): void
  /** The journal is shorter than what was seen of it, so it is another one: begin anew at byte 0. */
  replaced(): void
}

export interface JournalSubscription {
  /** The screen has dealt with this many bytes. */
  parsed(bytes: number): void
  /** Ask again after `failed`. */
  retry(): void
  close(): void
}

export interface TargetListener {
  event(event: EngineEvent): void
  /** The changes flow, from now on: what was read before may have missed some. */
  up(): void
  down(): void
}

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

export interface LiveSocketOptions {
  connect: (events: WireEvents) => Wire
  /** Asked after refused connections; true stops the tries until `probe`. */
  signedOut?: () => Promise<boolean>
  random?: () => number
}

interface Channel {
  number: number
  target: string
  ref: JournalRef
  book: JournalBook
  sink: JournalSink
}

export class LiveSocket {
  readonly #options: LiveSocketOptions
  readonly #channels = new Map<number, Channel>()
  readonly #watched = new Map<string, Set<TargetListener>>()
  /** The sandbox that the page shows, by target: targets without push are asked about that one only. */
  readonly #shown = new Map<string, string | null>()
  readonly #listeners = new Set<() => void>()
  #connection = firstConnection
  #wire: Wire | null = null
  #greeted = false
  #nextChannel = 1
  #attempt = 0
  #refusals = 0
  #build: string | null = null
  #beat = heartbeatMs
  #heardAt = 0
  #newestOffset: number | null = null
  #ping: { n: number; sentAt: number; answered: boolean } = { n: 0, sentAt: 0, answered: true }
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #greetingTimer: ReturnType<typeof setTimeout> | undefined
  #probeTimer: ReturnType<typeof setTimeout> | undefined
  #figuresTimer: ReturnType<typeof setTimeout> | undefined
  #beatTimer: ReturnType<typeof setInterval> | undefined

  constructor(options: LiveSocketOptions) {
    this.#options = options
  }

  /** For `useSyncExternalStore`: the same object until something changed. */
  readonly getConnection = (): Connection => this.#connection

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    if (this.#wire || this.#retryTimer) return
    this.#connection = { ...this.#connection, since: Date.now() }
    this.#beatTimer = setInterval(() => this.#checkPulse(), heartbeatMs / 4)
    this.#dial()
  }

  /** Closes everything for good; channels are forgotten. */
  stop(): void {
    this.#channels.clear()
    this.#watched.clear()
    this.#hangUp()
    clearInterval(this.#beatTimer)
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#figuresTimer)
    this.#retryTimer = undefined
    this.#figuresTimer = undefined
    this.#connection = firstConnection
  }

  /** Follow a journal from a byte on. Survives every loss of the connection until it is closed. */
  follow(target: string, ref: JournalRef, from: number, sink: JournalSink): JournalSubscription {
    const channel: Channel = { number: this.#nextChannel++, target, ref, sink, book: new JournalBook(from) }
    this.#channels.set(channel.number, channel)
    this.#open(channel)
    this.#set({ streams: this.#channels.size })
    return {
      parsed: (bytes) => {
        channel.book.parsed(bytes)
        this.#grant(channel)
      },
      retry: () => this.#reopen(channel),
      close: () => {
        if (!this.#channels.delete(channel.number)) return
        this.#send({ t: 'close', ch: channel.number })
        this.#set({ streams: this.#channels.size })
      },
    }
  }

  /** Hear of every change at a target. */
  watch(target: string, listener: TargetListener): () => void {
    const known = this.#watched.get(target)
    const listeners = known ?? new Set()
    listeners.add(listener)
    this.#watched.set(target, listeners)
    if (!known) this.#sendWatch(target)
    return () => listeners.delete(listener)
  }

  /** Say which sandbox of a watched target the page shows; null for none. */
  show(target: string, sandboxId: string | null): void {
    if ((this.#shown.get(target) ?? null) === sandboxId) return
    this.#shown.set(target, sandboxId)
    if (this.#watched.has(target)) this.#sendWatch(target)
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

  /** The page woke up: a socket that says nothing within two seconds is replaced. */
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
    this.#set({ offline })
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

  /** Forget the socket without waiting for its close: a dead one would take minutes to say so. */
  #hangUp(): void {
    clearTimeout(this.#greetingTimer)
    clearTimeout(this.#probeTimer)
    this.#probeTimer = undefined
    this.#ping.answered = true
    if (this.#greeted) {
      this.#greeted = false
      for (const listeners of this.#watched.values()) for (const listener of listeners) listener.down()
    }
    const wire = this.#wire
    this.#wire = null
    wire?.close()
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
    if (data instanceof ArrayBuffer) this.#hearBytes(decodeJournalFrame(new Uint8Array(data)))
    else if (typeof data === 'string') this.#hearMessage(JSON.parse(data) as ServerMessage)
  }

  #hearBytes(frame: JournalFrame): void {
    const channel = this.#channels.get(frame.channel)
    if (!channel) return // closed here while the frame was on its way
    const received = channel.book.receive(frame.offset, frame.payload)
    if (received.kind === 'gap') {
      this.#reopen(channel)
      return
    }
    if (received.kind === 'take') {
      const { offset, payload, missing } = received
      channel.sink.data({ offset, payload, missing, stream: frame.stream, wallMs: frame.wallMs })
      this.#showFigures(channel.book.next)
    }
    this.#grant(channel)
  }

  #hearMessage(message: ServerMessage): void {
    switch (message.t) {
      case 'hello':
        this.#welcome(message.build, message.heartbeatMs)
        break
      case 'opened':
        this.#opened(message.ch, message.from, message.size)
        break
      case 'behind':
        this.#channels.get(message.ch)?.sink.behind(message.bytes)
        break
      case 'end':
        this.#channels.get(message.ch)?.sink.ended(message.offset, message.execution)
        break
      case 'away':
        this.#channels.get(message.ch)?.sink.away(message.retryMs, message.message)
        break
      case 'error':
        if (message.ch !== null) this.#channels.get(message.ch)?.sink.failed(message.code, message.message)
        break
      case 'event':
        for (const listener of this.#watched.get(message.target) ?? []) listener.event(message.event)
        break
      case 'target':
        for (const listener of this.#watched.get(message.target) ?? []) listener[message.state]()
        break
      case 'ping':
        this.#sendPing() // a sign of life, and a measure
        break
      case 'pong':
        this.#hearPong(message.n)
        break
      default:
        message satisfies never // a newer console may say more; this page does not need it
    }
  }

  #welcome(build: string, beat: number): void {
    clearTimeout(this.#greetingTimer)
    this.#greeted = true
    this.#attempt = 0
    this.#refusals = 0
    this.#beat = beat
    const stale = this.#build !== null && this.#build !== build
    this.#build ??= build
    this.#setPhase('live', { retryAt: null, offline: false, stale: this.#connection.stale || stale })
    for (const target of this.#watched.keys()) this.#sendWatch(target)
    for (const channel of this.#channels.values()) this.#open(channel)
    this.#sendPing()
  }

  #opened(number: number, from: number, size: number | null): void {
    const channel = this.#channels.get(number)
    if (!channel) return
    if (size !== null && size < channel.book.next) {
      channel.sink.replaced()
      this.#reopen(channel, 0)
      return
    }
    channel.sink.opened(from, size)
  }

  #open(channel: Channel): void {
    this.#send({
      t: 'open',
      ch: channel.number,
      target: channel.target,
      ref: channel.ref,
      from: channel.book.next,
      credit: channel.book.openingCredit(),
    })
  }

  /** Under a new number, so that frames of the old one which are still on their way are told apart. */
  #reopen(channel: Channel, from?: number): void {
    if (!this.#channels.delete(channel.number)) return
    this.#send({ t: 'close', ch: channel.number })
    channel.number = this.#nextChannel++
    if (from !== undefined) channel.book.restart(from)
    this.#channels.set(channel.number, channel)
    this.#open(channel)
  }

  #grant(channel: Channel): void {
    if (!this.#greeted || !this.#channels.has(channel.number)) return
    const bytes = channel.book.takeGrant()
    if (bytes > 0) this.#send({ t: 'credit', ch: channel.number, bytes })
  }

  /** Before the greeting nothing is sent: the greeting opens all that there is. */
  #send(message: ClientMessage): void {
    if (this.#greeted) this.#wire?.send(JSON.stringify(message))
  }

  #sendWatch(target: string): void {
    this.#send({ t: 'watch', target, sandboxId: this.#shown.get(target) ?? null })
  }

  #sendPing(): void {
    this.#ping = { n: this.#ping.n + 1, sentAt: performance.now(), answered: false }
    this.#send({ t: 'ping', n: this.#ping.n })
  }

  #hearPong(n: number): void {
    if (n !== this.#ping.n || this.#ping.answered) return
    this.#ping.answered = true
    this.#set({ latencyMs: performance.now() - this.#ping.sentAt })
  }

  #checkPulse(): void {
    if (!this.#greeted) return
    if (Date.now() - this.#heardAt > this.#beat * 2) this.#lost()
    else if (performance.now() - this.#ping.sentAt >= latencyEveryMs) this.#sendPing()
  }

  #showFigures(offset: number): void {
    this.#newestOffset = offset
    this.#figuresTimer ??= setTimeout(() => {
      this.#figuresTimer = undefined
      this.#set({ lastOffset: this.#newestOffset })
    }, figuresMs)
  }

  #setPhase(phase: ConnectionPhase, rest: Partial<Connection>): void {
    const since = this.#connection.phase === phase ? this.#connection.since : Date.now()
    this.#set({ ...rest, phase, since })
  }

  #set(change: Partial<Connection>): void {
    this.#connection = { ...this.#connection, ...change }
    for (const listener of this.#listeners) listener()
  }
}
