/**
 * The tab's one live socket: log channels with resume and credit, and the change events of targets, all on one line
 * that is kept up. No React and no DOM in here; `page-signals.ts` tells it when the page woke up.
 */
import type { Execution } from '@/lib/process-api/execution'
import type { EngineEvent, JournalStream } from '@/lib/process-api/extensions'
import { decodeJournalFrame, type JournalFrame } from '@/lib/process-api/journal-frame'
import type { JournalRef, ServerMessage } from '../protocol'
import type { Connection } from './connection'
import { JournalBook } from './journal-book'
import { type LineOptions, LiveLine } from './live-line'

/** Numbers that change with each frame are shown at this pace. */
const figuresMs = 250

export interface JournalChunk {
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
  data(piece: JournalChunk): void
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

interface Channel {
  number: number
  target: string
  ref: JournalRef
  stream: JournalStream | null
  book: JournalBook
  sink: JournalSink
}

export class LiveClient {
  readonly #line: LiveLine
  readonly #channels = new Map<number, Channel>()
  readonly #watched = new Map<string, Set<TargetListener>>()
  /** The sandbox that the page shows, by target: targets without push are asked about that one only. */
  readonly #shown = new Map<string, string | null>()
  readonly #listeners = new Set<() => void>()
  #nextChannel = 1
  #newestOffset: number | null = null
  #figuresTimer: ReturnType<typeof setTimeout> | undefined

  constructor(options: LineOptions) {
    this.#line = new LiveLine(options, {
      greeted: () => this.#greeted(),
      message: (message) => this.#hear(message),
      frame: (bytes) => this.#hearFrame(decodeJournalFrame(bytes)),
      lost: () => this.#tellTargets('down'),
      changed: () => {
        for (const listener of this.#listeners) listener()
      },
    })
  }

  /** For `useSyncExternalStore`: the same object until something changed. */
  readonly getConnection = (): Connection => this.#line.connection

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#line.start()
  }

  /** Closes everything for good; channels are forgotten. */
  stop(): void {
    this.#channels.clear()
    this.#watched.clear()
    this.#line.stop()
    clearTimeout(this.#figuresTimer)
    this.#figuresTimer = undefined
  }

  /**
   * Follow a journal from a byte on. Survives every loss of the connection until it is closed.
   * @param stream this one alone, as a log of its own with its own offsets; null for both
   */
  follow(
    target: string,
    ref: JournalRef,
    stream: JournalStream | null,
    from: number,
    sink: JournalSink,
  ): JournalSubscription {
    const channel: Channel = { number: this.#nextChannel++, target, ref, stream, sink, book: new JournalBook(from) }
    this.#channels.set(channel.number, channel)
    this.#open(channel)
    this.#line.note({ streams: this.#channels.size })
    return {
      parsed: (bytes) => {
        channel.book.parsed(bytes)
        this.#grant(channel)
      },
      retry: () => this.#reopen(channel),
      close: () => {
        if (!this.#channels.delete(channel.number)) return
        this.#line.send({ t: 'close', ch: channel.number })
        this.#line.note({ streams: this.#channels.size })
      },
    }
  }

  /** Hear of every change at a target. */
  watch(target: string, listener: TargetListener): () => void {
    const known = this.#watched.get(target)
    const listeners = known ?? new Set()
    listeners.add(listener)
    this.#watched.set(target, listeners)
    if (known)
      listener.up() // the server tells of it already; the listener may have missed some
    else this.#sendWatch(target)
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
    this.#line.retryNow()
  }

  /** The page woke up: a line that says nothing within two seconds is replaced. */
  probe(): void {
    this.#line.probe()
  }

  setOffline(offline: boolean): void {
    this.#line.setOffline(offline)
  }

  #greeted(): void {
    for (const target of this.#watched.keys()) this.#sendWatch(target)
    for (const channel of this.#channels.values()) this.#open(channel)
  }

  #hear(message: ServerMessage): void {
    switch (message.t) {
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
      case 'hello':
      case 'ping':
      case 'pong':
        break // the line's own
      default:
        message satisfies never // a newer console may say more; this page does not need it
    }
  }

  #hearFrame(frame: JournalFrame): void {
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
    this.#line.send({
      t: 'open',
      ch: channel.number,
      target: channel.target,
      ref: channel.ref,
      ...(channel.stream === null ? {} : { stream: channel.stream }),
      from: channel.book.next,
      credit: channel.book.openingCredit(),
    })
  }

  /** Under a new number, so that frames of the old one which are still on their way are told apart. */
  #reopen(channel: Channel, from?: number): void {
    if (!this.#channels.delete(channel.number)) return
    this.#line.send({ t: 'close', ch: channel.number })
    channel.number = this.#nextChannel++
    if (from !== undefined) channel.book.restart(from)
    this.#channels.set(channel.number, channel)
    this.#open(channel)
  }

  /** While the line is down nothing is granted: the next opening grants what there is. */
  #grant(channel: Channel): void {
    if (this.#line.connection.phase !== 'live' || !this.#channels.has(channel.number)) return
    const bytes = channel.book.takeGrant()
    if (bytes > 0) this.#line.send({ t: 'credit', ch: channel.number, bytes })
  }

  #sendWatch(target: string): void {
    this.#line.send({ t: 'watch', target, sandboxId: this.#shown.get(target) ?? null })
  }

  #tellTargets(state: 'up' | 'down'): void {
    for (const listeners of this.#watched.values()) for (const listener of listeners) listener[state]()
  }

  #showFigures(offset: number): void {
    this.#newestOffset = offset
    this.#figuresTimer ??= setTimeout(() => {
      this.#figuresTimer = undefined
      this.#line.note({ lastOffset: this.#newestOffset })
    }, figuresMs)
  }
}
