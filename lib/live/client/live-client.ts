/**
 * The tab's live client: log channels with resume and credit, terminals, and the changes of targets, all over one
 * connection that is restored when it is lost. Without React and DOM: `page-signals.ts` reports when the page wakes up.
 */
import type { Execution } from '@/lib/process-api/execution'
import type { EngineEvent, JournalStream } from '@/lib/process-api/extensions'
import { decodeJournalFrame, type JournalChunk, type JournalFrame } from '@/lib/process-api/journal-frame'
import type { CellPart, CellRef } from '../cell-protocol'
import type { ClientMessage, JournalRef, ServerMessage } from '../protocol'
import type { Connection } from './connection'
import { JournalCursor } from './journal-cursor'
import { type PtyAddress, PtyChannel, type PtySink, type PtySubscription } from './pty-channel'
import { ReconnectingSocket, type SocketOptions } from './reconnecting-socket'

/** Numbers that change with each frame are published at this interval. */
const statsIntervalMs = 250

export interface ReceivedChunk extends JournalChunk {
  /** The number of bytes before this chunk that the server could not send, even when they were requested again. */
  missing: number
}

/** Handlers of a followed journal. Each chunk must be acknowledged by `parsed`, or the credit runs out. */
export interface JournalSink {
  opened(from: number, size: number | null): void
  data(chunk: ReceivedChunk): void
  /** The server has this many more bytes than it has sent. */
  lagging(bytes: number): void
  ended(offset: number, execution: Execution | null): void
  /** The console has lost the target and retries. */
  away(retryMs: number, message: string): void
  failed(code: string, message: string): void
  /** The journal is shorter than what was received, so it is another one: start again at offset 0. */
  replaced(): void
}

export interface JournalSubscription {
  /** The screen has parsed this many bytes. */
  parsed(bytes: number): void
  /** Open the channel again after `failed`. */
  retry(): void
  close(): void
}

/** Handlers of a watched cell. */
export interface CellSink {
  /** With `reset`, the parts start at the beginning of the cell again. */
  parts(parts: readonly CellPart[], reset: boolean): void
  /** The console has lost the target and retries. */
  away(message: string): void
  failed(code: string, message: string): void
}

interface CellChannel {
  target: string
  ref: CellRef
  sink: CellSink
}

export interface TargetListener {
  event(event: EngineEvent): void
  /** Changes are received from now on; earlier ones may be missing. */
  up(): void
  down(): void
}

interface Channel {
  number: number
  target: string
  ref: JournalRef
  stream: JournalStream | null
  cursor: JournalCursor
  sink: JournalSink
}

export class LiveClient {
  private readonly socket: ReconnectingSocket
  private readonly channels = new Map<number, Channel>()
  private readonly cells = new Map<number, CellChannel>()
  private readonly ptys = new Map<number, PtyChannel>()
  private readonly targetListeners = new Map<string, Set<TargetListener>>()
  /** The sandbox that the page shows, by target. Targets without push are polled only there. */
  private readonly shownSandboxes = new Map<string, string | null>()
  private readonly subscribers = new Set<() => void>()
  private nextChannel = 1
  private lastOffset: number | null = null
  private statsTimer: ReturnType<typeof setTimeout> | undefined

  constructor(options: SocketOptions) {
    this.socket = new ReconnectingSocket(options, {
      connected: () => this.restore(),
      message: (message) => this.handleMessage(message),
      frame: (bytes) => this.handleFrame(decodeJournalFrame(bytes)),
      disconnected: () => {
        for (const pty of this.ptys.values()) pty.disconnected()
        this.notifyAll('down')
      },
      connectionChanged: () => {
        for (const subscriber of this.subscribers) subscriber()
      },
    })
  }

  /** For `useSyncExternalStore`: the same object until something changes. */
  readonly getConnection = (): Connection => this.socket.connection

  readonly subscribe = (subscriber: () => void): (() => void) => {
    this.subscribers.add(subscriber)
    return () => this.subscribers.delete(subscriber)
  }

  start(): void {
    this.socket.start()
  }

  /** Close the connection for good and drop all channels. */
  stop(): void {
    this.channels.clear()
    this.cells.clear()
    this.ptys.clear()
    this.targetListeners.clear()
    this.socket.stop()
    clearTimeout(this.statsTimer)
    this.statsTimer = undefined
  }

  /**
   * Follow a journal from an offset. The subscription survives lost connections until it is closed.
   * @param stream only this stream, with its own offsets; null for both
   */
  follow(
    target: string,
    ref: JournalRef,
    stream: JournalStream | null,
    from: number,
    sink: JournalSink,
  ): JournalSubscription {
    const channel: Channel = { number: this.nextChannel++, target, ref, stream, sink, cursor: new JournalCursor(from) }
    this.channels.set(channel.number, channel)
    this.open(channel)
    this.publishStreams()
    return {
      parsed: (bytes) => {
        channel.cursor.parsed(bytes)
        this.grant(channel)
      },
      retry: () => this.reopen(channel),
      close: () => {
        if (!this.channels.delete(channel.number)) return
        this.socket.send({ t: 'close', ch: channel.number })
        this.publishStreams()
      },
    }
  }

  /** Watch a run of an interpreter context from its start until the returned function is called. */
  watchCell(target: string, ref: CellRef, sink: CellSink): () => void {
    const ch = this.nextChannel++
    this.cells.set(ch, { target, ref, sink })
    this.socket.send({ t: 'cell', ch, target, ref })
    return () => {
      if (this.cells.delete(ch)) this.socket.send({ t: 'close', ch })
    }
  }

  /**
   * Attach to a terminal. The subscription survives lost connections until it is closed.
   * @param client the name under which this tab may own the size
   */
  openPty(address: PtyAddress, client: string, sink: PtySink): PtySubscription {
    const transport = {
      isLive: () => this.socket.connection.phase === 'live',
      send: (message: ClientMessage) => this.socket.send(message),
      renumber: (pty: PtyChannel) => {
        for (const [number, known] of this.ptys) if (known === pty) this.ptys.delete(number)
        const number = this.nextChannel++
        this.ptys.set(number, pty)
        return number
      },
    }
    const pty = new PtyChannel(address, client, sink, transport, randomId)
    pty.open()
    this.publishStreams()
    return {
      input: (bytes) => pty.type(bytes),
      resize: (cols, rows, take) => pty.resize(cols, rows, take),
      parsed: (bytes) => pty.parsed(bytes),
      retry: () => pty.retry(),
      // What was typed is still sent.
      close: () =>
        pty.closeWhenSent(() => {
          if (this.ptys.delete(pty.channel)) this.publishStreams()
        }),
    }
  }

  /** Receive all changes of a target. */
  watch(target: string, listener: TargetListener): () => void {
    const existing = this.targetListeners.get(target)
    const listeners = existing ?? new Set()
    listeners.add(listener)
    this.targetListeners.set(target, listeners)
    // The server already sends this target's changes; the listener may have missed some.
    if (existing) listener.up()
    else this.sendWatch(target)
    return () => listeners.delete(listener)
  }

  /** Set the sandbox of a watched target that the page shows; null for none. */
  show(target: string, sandboxId: string | null): void {
    if ((this.shownSandboxes.get(target) ?? null) === sandboxId) return
    this.shownSandboxes.set(target, sandboxId)
    if (this.targetListeners.has(target)) this.sendWatch(target)
  }

  /** Retry at once: the user asked for it, or the network may be back. */
  retryNow(): void {
    this.socket.retryNow()
  }

  /** The page woke up: replace the connection unless something is received soon. */
  probe(): void {
    this.socket.probe()
  }

  /** The connection of a visible page is checked often. */
  setVisible(visible: boolean): void {
    this.socket.setVisible(visible)
  }

  setOffline(offline: boolean): void {
    this.socket.setOffline(offline)
  }

  private restore(): void {
    for (const target of this.targetListeners.keys()) this.sendWatch(target)
    for (const channel of this.channels.values()) this.open(channel)
    for (const [ch, { target, ref }] of this.cells) this.socket.send({ t: 'cell', ch, target, ref })
    for (const pty of this.ptys.values()) pty.open()
  }

  private handleMessage(message: ServerMessage): void {
    const pty = 'ch' in message && message.ch !== null ? this.ptys.get(message.ch) : undefined
    if (pty && 'ch' in message) pty.handleMessage(message)
    else this.handleOther(message)
  }

  private handleOther(message: ServerMessage): void {
    switch (message.t) {
      case 'opened':
        this.handleOpened(message.ch, message.from, message.size)
        break
      case 'behind':
        this.channels.get(message.ch)?.sink.lagging(message.bytes)
        break
      case 'end':
        this.channels.get(message.ch)?.sink.ended(message.offset, message.execution)
        break
      case 'away':
        this.channels.get(message.ch)?.sink.away(message.retryMs, message.message)
        this.cells.get(message.ch)?.sink.away(message.message)
        break
      case 'cell':
        this.cells.get(message.ch)?.sink.parts(message.parts, message.reset)
        break
      case 'error':
        if (message.ch === null) break
        this.channels.get(message.ch)?.sink.failed(message.code, message.message)
        this.cells.get(message.ch)?.sink.failed(message.code, message.message)
        break
      case 'event':
        for (const listener of this.targetListeners.get(message.target) ?? []) listener.event(message.event)
        break
      case 'target':
        for (const listener of this.targetListeners.get(message.target) ?? []) listener[message.state]()
        break
      case 'hello':
      case 'ping':
      case 'pong':
        break // handled by the socket
      case 'pty-opened':
      case 'pty-screen':
      case 'pty-size':
      case 'pty-ack':
      case 'pty-lost':
      case 'pty-exit':
        break // for a terminal that was closed meanwhile
      default:
        message satisfies never // a newer console may send other messages, which this page does not need
    }
  }

  private handleFrame(frame: JournalFrame): void {
    this.ptys.get(frame.channel)?.handleFrame(frame)
    const channel = this.channels.get(frame.channel)
    if (!channel) return // closed while the frame was on its way
    const received = channel.cursor.receive(frame.offset, frame.data)
    if (received.kind === 'gap') {
      this.reopen(channel)
      return
    }
    if (received.kind === 'new') {
      const { offset, data, missing } = received
      channel.sink.data({ offset, data, missing, stream: frame.stream, wallMs: frame.wallMs })
      this.publishOffset(channel.cursor.next)
    }
    this.grant(channel)
  }

  private handleOpened(number: number, from: number, size: number | null): void {
    const channel = this.channels.get(number)
    if (!channel) return
    if (size !== null && size < channel.cursor.next) {
      channel.sink.replaced()
      this.reopen(channel, 0)
      return
    }
    channel.sink.opened(from, size)
  }

  private open(channel: Channel): void {
    this.socket.send({
      t: 'open',
      ch: channel.number,
      target: channel.target,
      ref: channel.ref,
      ...(channel.stream === null ? {} : { stream: channel.stream }),
      from: channel.cursor.next,
      credit: channel.cursor.openingCredit(),
    })
  }

  /** Uses a new channel number, so that frames of the old channel that are still on their way are ignored. */
  private reopen(channel: Channel, from?: number): void {
    if (!this.channels.delete(channel.number)) return
    this.socket.send({ t: 'close', ch: channel.number })
    channel.number = this.nextChannel++
    if (from !== undefined) channel.cursor.restart(from)
    this.channels.set(channel.number, channel)
    this.open(channel)
  }

  /** Nothing is granted while disconnected: the next `open` message contains the credit. */
  private grant(channel: Channel): void {
    if (this.socket.connection.phase !== 'live' || !this.channels.has(channel.number)) return
    const bytes = channel.cursor.takeGrant()
    if (bytes > 0) this.socket.send({ t: 'credit', ch: channel.number, bytes })
  }

  private publishStreams(): void {
    this.socket.patch({ streams: this.channels.size + this.ptys.size })
  }

  private sendWatch(target: string): void {
    this.socket.send({ t: 'watch', target, sandboxId: this.shownSandboxes.get(target) ?? null })
  }

  private notifyAll(state: 'up' | 'down'): void {
    for (const listeners of this.targetListeners.values()) for (const listener of listeners) listener[state]()
  }

  private publishOffset(offset: number): void {
    this.lastOffset = offset
    this.statsTimer ??= setTimeout(() => {
      this.statsTimer = undefined
      this.socket.patch({ lastOffset: this.lastOffset })
    }, statsIntervalMs)
  }
}

/** A UUID. `crypto.randomUUID` exists only in secure contexts, and a console in a local network may have none. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
