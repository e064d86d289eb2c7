/** One tab's socket: its channels, its subscriptions, its heartbeat, and how much it takes at once. */
import type { WebSocket } from 'ws'
import type { ProcessApiClient } from '@/lib/process-api/client'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { commandIdSchema, runIdSchema, sandboxIdSchema, sessionIdSchema } from '@/lib/process-api/ids'
import { encodeJournalHeader, setFrameChannel } from '@/lib/process-api/journal-frame'
import { type ClientMessage, clientMessageSchema, heartbeatMs, type JournalRef, type ServerMessage } from '../protocol'
import { Channel, type Outlet } from './channel'
import type { Chunk } from './chunk-queue'
import { FollowSource } from './follow-source'
import type { FeedListener } from './target-feed'

/** Journal bytes wait while more than this is unsent, and go on below the lower mark. */
const unsentHigh = 1024 * 1024
const unsentLow = 256 * 1024
/** A tab that lets even its events pile up this far does not read at all. */
const unsentLimit = 16 * 1024 * 1024
const silenceMs = heartbeatMs * 2 + 5_000
const mostChannels = 64
const mostTargets = 16
const mostBadMessages = 20

/** Close codes: 1001 the server ends, 1008 refused, 1013 there is no room now. */
export const closeCodes = { restart: 1001, refused: 1008, noRoom: 1013 }

/** What a socket needs of the hub. */
export interface HubServices {
  build: string
  client(target: string): ProcessApiClient
  /** Counts a channel of the whole process; false when there are too many. */
  takeChannel(): boolean
  returnChannel(): void
  watch(target: string, listener: FeedListener): void
  unwatch(target: string, listener: FeedListener): void
  sent(bytes: number): void
}

export class LiveConnection implements Outlet {
  private readonly channels = new Map<number, { channel: Channel; target: string; sandboxId: string }>()
  private readonly watched = new Map<string, { listener: FeedListener; shown: string | null }>()
  private readonly heartbeat: NodeJS.Timeout
  private ready = true
  private heardAt = Date.now()
  private beats = 0
  private badMessages = 0
  private turn = 0

  constructor(
    private readonly socket: WebSocket,
    readonly sessionId: string,
    private readonly hub: HubServices,
  ) {
    socket.on('message', (data, isBinary) => this.hear(data.toString(), isBinary))
    socket.on('pong', () => {
      this.heardAt = Date.now()
    })
    // What broke the socket is followed by its close, which is where everything is released.
    socket.on('error', () => undefined)
    socket.on('close', () => this.release())
    this.heartbeat = setInterval(() => this.beat(), heartbeatMs)
    this.message({ t: 'hello', build: hub.build, heartbeatMs })
  }

  get channelCount(): number {
    return this.channels.size
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason)
  }

  terminate(): void {
    this.socket.terminate()
  }

  isReady(): boolean {
    return this.ready
  }

  frame(channel: number, chunk: Chunk): void {
    const frame = chunk.frame ?? Buffer.concat([encodeJournalHeader({ ...chunk, channel }), chunk.data])
    setFrameChannel(frame, channel)
    this.hub.sent(frame.byteLength)
    this.socket.send(frame, () => this.drained())
    if (this.socket.bufferedAmount > unsentHigh) this.ready = false
  }

  message(message: ServerMessage): void {
    this.text(JSON.stringify(message))
  }

  finished(channel: number): void {
    const found = this.channels.get(channel)
    if (!found) return
    this.channels.delete(channel)
    found.channel.close()
    this.hub.returnChannel()
  }

  private text(text: string): void {
    if (this.socket.readyState !== this.socket.OPEN) return
    if (this.socket.bufferedAmount > unsentLimit) {
      this.terminate()
      return
    }
    this.socket.send(text)
  }

  /** Called when a frame left for the kernel. Channels take turns at being first, so that none starves the others. */
  private drained(): void {
    if (this.ready || this.socket.bufferedAmount > unsentLow) return
    this.ready = true
    const waiting = [...this.channels.values()]
    this.turn = waiting.length === 0 ? 0 : (this.turn + 1) % waiting.length
    for (const { channel } of [...waiting.slice(this.turn), ...waiting.slice(0, this.turn)]) channel.pump()
  }

  private hear(text: string, isBinary: boolean): void {
    this.heardAt = Date.now()
    const parsed = clientMessageSchema.safeParse(isBinary ? undefined : parseJson(text))
    if (!parsed.success) {
      this.badMessages += 1
      if (this.badMessages > mostBadMessages) this.close(closeCodes.refused, 'too many bad messages')
      else this.refuse(null, 'BAD_REQUEST', 'This message is not one of the live protocol.')
      return
    }
    this.answer(parsed.data)
  }

  private answer(message: ClientMessage): void {
    switch (message.t) {
      case 'open':
        this.open(message)
        break
      case 'credit':
        this.channels.get(message.ch)?.channel.grant(message.bytes)
        break
      case 'close':
        this.finished(message.ch)
        break
      case 'watch':
        this.watch(message.target, message.sandboxId ?? null)
        break
      case 'ping':
        this.message({ t: 'pong', n: message.n })
        break
      default:
        message satisfies never
    }
  }

  private open({ ch, target, ref, stream, from, credit }: Extract<ClientMessage, { t: 'open' }>): void {
    if (this.channels.has(ch)) {
      this.refuse(ch, 'CONFLICT', 'This channel is open already.')
    } else if (!hasGoodIds(ref)) {
      this.refuse(ch, 'BAD_REQUEST', 'An id of this log is not valid.')
    } else if (this.channels.size >= mostChannels || !this.hub.takeChannel()) {
      this.refuse(ch, 'TOO_MANY_REQUESTS', `Too many logs are open; a tab may follow ${mostChannels}.`)
    } else {
      const channel = new Channel(ch, from, credit, this)
      this.channels.set(ch, { channel, target, sandboxId: ref.sandboxId })
      const client = (name: string) => this.hub.client(name)
      channel.attach(new FollowSource({ target, ref, stream: stream ?? null, from, client, listener: channel }))
    }
  }

  private watch(target: string, shown: string | null): void {
    const known = this.watched.get(target)
    if (known) {
      known.shown = shown
      return
    }
    if (this.watched.size >= mostTargets) {
      this.refuse(null, 'TOO_MANY_REQUESTS', `A tab may watch ${mostTargets} targets.`)
      return
    }
    const listener: FeedListener = {
      shownSandboxes: () => this.shownSandboxes(target),
      event: (event: EngineEvent) => this.message({ t: 'event', target, event }),
      state: (state) => this.message({ t: 'target', target, state }),
    }
    this.watched.set(target, { listener, shown })
    this.hub.watch(target, listener)
  }

  private *shownSandboxes(target: string): Generator<string> {
    const shown = this.watched.get(target)?.shown
    if (shown) yield shown
    for (const open of this.channels.values()) if (open.target === target) yield open.sandboxId
  }

  private refuse(ch: number | null, code: string, message: string): void {
    this.message({ t: 'error', ch, code, message })
  }

  /** Two pings: one that page scripts see and answer, one that any WebSocket library answers by itself. */
  private beat(): void {
    if (Date.now() - this.heardAt > silenceMs) {
      this.terminate()
      return
    }
    this.beats += 1
    this.message({ t: 'ping', n: this.beats })
    this.socket.ping()
  }

  private release(): void {
    clearInterval(this.heartbeat)
    for (const ch of [...this.channels.keys()]) this.finished(ch)
    for (const [target, { listener }] of this.watched) this.hub.unwatch(target, listener)
    this.watched.clear()
  }
}

function hasGoodIds(ref: JournalRef): boolean {
  if (!sandboxIdSchema.safeParse(ref.sandboxId).success) return false
  if (ref.kind === 'run') return runIdSchema.safeParse(ref.runId).success
  return sessionIdSchema.safeParse(ref.sessionId).success && commandIdSchema.safeParse(ref.commandId).success
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not JSON: the schema says no to it
  }
}
