/** The connection of one tab: its channels, its subscriptions, its heartbeat, and its backpressure. */
import type { WebSocket } from 'ws'
import type { OperationName } from '@/lib/access/operations'
import type { GuardedCall } from '@/lib/audit/guarded'
import { authorize, type Caller } from '@/lib/auth/caller'
import type { ProcessApiClient } from '@/lib/process-api/client'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { commandIdSchema, contextIdSchema, runIdSchema, sandboxIdSchema, sessionIdSchema } from '@/lib/process-api/ids'
import { encodeJournalHeader, setFrameChannel } from '@/lib/process-api/journal-frame'
import { toProblem } from '@/lib/process-api/problem'
import { ptyIdSchema } from '@/lib/process-api/pty'
import type { CellRef } from '../cell-protocol'
import { heartbeatMs } from '../limits'
import { type ClientMessage, clientMessageSchema, type JournalRef, type ServerMessage } from '../protocol'
import { CellChannel } from './cell-channel'
import { Channel, type ChannelSink } from './channel'
import type { FramedChunk } from './chunk-queue'
import { FollowSource } from './follow-source'
import { parseJson } from './parse-json'
import { PtyChannel } from './pty-channel'
import type { PtyRegistry } from './pty-registry'
import { PtySource } from './pty-source'
import type { FeedListener } from './target-feed'

/** Frames wait while more than this is buffered, and continue below the lower mark. */
const highWaterBytes = 1024 * 1024
const lowWaterBytes = 256 * 1024
/** With more than this buffered, events included, the tab does not read at all. */
const maxBufferedBytes = 16 * 1024 * 1024
const silenceTimeoutMs = heartbeatMs * 2 + 5_000
const maxChannels = 64
const maxTargets = 16
const maxInvalidMessages = 20

interface OpenChannel {
  channel: Channel | PtyChannel
  target: string
  sandboxId: string
  /** Ids of what the channel shows, for the audit log. */
  ids: Record<string, unknown>
  /** What was recorded of the channel. */
  recorded: Set<OperationName>
}

type OpenPty = Extract<ClientMessage, { t: 'open-pty' }>

/** Close codes: 1001 the server restarts, 1008 refused, 1013 too many sockets. */
export const closeCodes = { restart: 1001, refused: 1008, tooMany: 1013 }

/** What a connection needs from the hub. */
export interface HubServices {
  build: string
  client(target: string): ProcessApiClient
  readonly ptys: PtyRegistry
  /** Count a channel of the process; false when there are too many. */
  acquireChannel(): boolean
  releaseChannel(): void
  watch(target: string, listener: FeedListener): void
  unwatch(target: string, listener: FeedListener): void
  countSent(bytes: number): void
  onCall(caller: Caller, call: GuardedCall, result: string): void
}

/** What a message does; null for what only steers a channel that is open. */
const liveOperations: Record<ClientMessage['t'], OperationName | null> = {
  open: 'log.read',
  'open-pty': 'terminal.open',
  'pty-input': 'terminal.type',
  'pty-resize': 'terminal.resize',
  credit: null,
  close: null,
  cell: 'cell.read',
  watch: 'sandbox.list',
  ping: null,
}

export class LiveConnection implements ChannelSink {
  private readonly channels = new Map<number, OpenChannel>()
  private readonly cells = new Map<number, CellChannel>()
  private readonly watched = new Map<string, { listener: FeedListener; shown: string | null }>()
  private readonly heartbeat: NodeJS.Timeout
  private hasRoom = true
  private receivedAt = Date.now()
  private pings = 0
  private invalidMessages = 0
  private firstChannel = 0

  constructor(
    private readonly socket: WebSocket,
    readonly caller: Caller,
    private readonly hub: HubServices,
  ) {
    socket.on('message', (data, isBinary) => this.handleData(data.toString(), isBinary))
    socket.on('pong', () => {
      this.receivedAt = Date.now()
    })
    // An error is followed by `close`, which releases everything.
    socket.on('error', () => undefined)
    socket.on('close', () => this.release())
    this.heartbeat = setInterval(() => this.checkHeartbeat(), heartbeatMs)
    this.message({ t: 'hello', build: hub.build, heartbeatMs })
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason)
  }

  terminate(): void {
    this.socket.terminate()
  }

  isReady(): boolean {
    return this.hasRoom
  }

  frame(channel: number, chunk: FramedChunk): void {
    const frame = chunk.frame ?? Buffer.concat([encodeJournalHeader({ ...chunk, channel }), chunk.data])
    setFrameChannel(frame, channel)
    this.hub.countSent(frame.byteLength)
    this.socket.send(frame, () => this.handleSent())
    if (this.socket.bufferedAmount > highWaterBytes) this.hasRoom = false
  }

  message(message: ServerMessage): void {
    if (this.socket.readyState !== this.socket.OPEN) return
    if (this.socket.bufferedAmount > maxBufferedBytes) this.terminate()
    else this.socket.send(JSON.stringify(message))
  }

  bulk(message: ServerMessage): void {
    if (this.socket.readyState !== this.socket.OPEN) return
    this.socket.send(JSON.stringify(message), () => this.handleSent())
    if (this.socket.bufferedAmount > highWaterBytes) this.hasRoom = false
  }

  finished(channel: number): void {
    const cell = this.cells.get(channel)
    if (cell) {
      this.cells.delete(channel)
      cell.close()
      this.hub.releaseChannel()
      return
    }
    const found = this.channels.get(channel)
    if (!found) return
    this.channels.delete(channel)
    found.channel.close()
    this.hub.releaseChannel()
  }

  /** Called when a frame was passed to the kernel. Each time another channel is first, so that none starves. */
  private handleSent(): void {
    if (this.hasRoom || this.socket.bufferedAmount > lowWaterBytes) return
    this.hasRoom = true
    const all = [...this.channels.values()]
    this.firstChannel = all.length === 0 ? 0 : (this.firstChannel + 1) % all.length
    for (const { channel } of [...all.slice(this.firstChannel), ...all.slice(0, this.firstChannel)]) channel.pump()
    for (const cell of this.cells.values()) cell.pump()
  }

  private handleData(text: string, isBinary: boolean): void {
    this.receivedAt = Date.now()
    const parsed = clientMessageSchema.safeParse(isBinary ? undefined : parseJson(text))
    if (parsed.success) {
      this.handleMessage(parsed.data)
      return
    }
    this.invalidMessages += 1
    if (this.invalidMessages > maxInvalidMessages) this.close(closeCodes.refused, 'too many invalid messages')
    else this.refuse(null, 'BAD_REQUEST', 'This message is not part of the live protocol.')
  }

  private handleMessage(message: ClientMessage): void {
    if (!this.allows(message)) return
    switch (message.t) {
      case 'open':
        this.open(message)
        break
      case 'open-pty':
        this.openPty(message)
        break
      case 'pty-input':
        this.pty(message.ch)?.input(message.n, Buffer.from(message.data, 'base64'))
        break
      case 'pty-resize':
        this.pty(message.ch)?.resize(message.cols, message.rows, message.take)
        break
      case 'credit':
        this.channels.get(message.ch)?.channel.grant(message.bytes)
        break
      case 'close':
        this.finished(message.ch)
        break
      case 'cell':
        this.openCell(message)
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

  /** Whether the caller may do this. The first of its kind on a channel is recorded. */
  private allows(message: ClientMessage): boolean {
    const operation = liveOperations[message.t]
    if (operation === null) return true
    const ch = 'ch' in message ? message.ch : null
    const known = ch === null ? undefined : this.channels.get(ch)
    const call: GuardedCall = {
      operation,
      ...scopeOf(message),
      ...(known && { target: known.target, sandboxId: known.sandboxId, input: known.ids }),
    }
    try {
      authorize(this.caller, operation)
    } catch (error) {
      const { code, message: sentence } = toProblem(error)
      this.hub.onCall(this.caller, call, code)
      this.invalidMessages += 1
      if (this.invalidMessages > maxInvalidMessages) this.close(closeCodes.refused, 'too many refused messages')
      else this.refuse(ch, code, sentence)
      return false
    }
    if (known?.recorded.has(operation)) return true
    known?.recorded.add(operation)
    this.hub.onCall(this.caller, call, 'ok')
    return true
  }

  private open({ ch, target, ref, stream, from, credit }: Extract<ClientMessage, { t: 'open' }>): void {
    if (!hasValidIds(ref)) {
      this.refuse(ch, 'BAD_REQUEST', 'An id of this log is not valid.')
      return
    }
    if (!this.acquireChannel(ch)) return
    const channel = new Channel(ch, from, credit, this)
    this.channels.set(ch, { channel, target, sandboxId: ref.sandboxId, ids: ref, recorded: new Set() })
    const client = (name: string) => this.hub.client(name)
    channel.attach(new FollowSource({ target, ref, stream: stream ?? null, from, client, listener: channel }))
  }

  private openPty({ ch, target, sandboxId, ptyId, client, writer, credit }: OpenPty): void {
    if (!sandboxIdSchema.safeParse(sandboxId).success || !ptyIdSchema.safeParse(ptyId).success) {
      this.refuse(ch, 'BAD_REQUEST', 'An id of this terminal is not valid.')
      return
    }
    if (!this.acquireChannel(ch)) return
    const { ptys } = this.hub
    const address = { target, sandboxId, ptyId }
    const channel = new PtyChannel(ch, credit, this)
    this.channels.set(ch, { channel, target, sandboxId, ids: { ptyId }, recorded: new Set() })
    const ptyWriter = ptys.writer(this.caller.session.id, address, writer)
    ptyWriter.listen(channel)
    channel.attach(
      new PtySource({
        address,
        clientName: client,
        writer: ptyWriter,
        registry: ptys,
        client: (name) => this.hub.client(name),
        listener: channel,
      }),
    )
  }

  /** Count a channel, or refuse it where the number is in use or there are too many. */
  private acquireChannel(ch: number): boolean {
    if (this.isOpen(ch)) {
      this.refuse(ch, 'CONFLICT', 'This channel is already open.')
      return false
    }
    if (this.channels.size < maxChannels && this.hub.acquireChannel()) return true
    this.refuse(ch, 'TOO_MANY_REQUESTS', `Too many logs and terminals are open. A tab may show ${maxChannels}.`)
    return false
  }

  private pty(ch: number): PtyChannel | null {
    const channel = this.channels.get(ch)?.channel
    return channel instanceof PtyChannel ? channel : null
  }

  private openCell({ ch, target, ref }: Extract<ClientMessage, { t: 'cell' }>): void {
    if (this.isOpen(ch)) {
      this.refuse(ch, 'CONFLICT', 'This channel is already open.')
    } else if (!hasValidCellIds(ref)) {
      this.refuse(ch, 'BAD_REQUEST', 'An id of this cell is not valid.')
    } else if (this.cells.size >= maxChannels || !this.hub.acquireChannel()) {
      this.refuse(ch, 'TOO_MANY_REQUESTS', `Too many cells are open. A tab may watch ${maxChannels}.`)
    } else {
      const client = (name: string) => this.hub.client(name)
      this.cells.set(ch, new CellChannel({ number: ch, target, ref, client, sink: this }))
    }
  }

  private isOpen(ch: number): boolean {
    return this.channels.has(ch) || this.cells.has(ch)
  }

  private watch(target: string, shown: string | null): void {
    const known = this.watched.get(target)
    if (known) {
      known.shown = shown
      return
    }
    if (this.watched.size >= maxTargets) {
      this.refuse(null, 'TOO_MANY_REQUESTS', `A tab may watch ${maxTargets} targets.`)
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

  /** Sends two pings: one that page scripts receive, and one to which every WebSocket library responds. */
  private checkHeartbeat(): void {
    if (Date.now() - this.receivedAt > silenceTimeoutMs) {
      this.terminate()
      return
    }
    this.pings += 1
    this.message({ t: 'ping', n: this.pings })
    this.socket.ping()
  }

  private release(): void {
    clearInterval(this.heartbeat)
    for (const ch of [...this.channels.keys(), ...this.cells.keys()]) this.finished(ch)
    for (const [target, { listener }] of this.watched) this.hub.unwatch(target, listener)
    this.watched.clear()
  }
}

/** Target, sandbox and ids of a message that opens something. */
function scopeOf(message: ClientMessage): Omit<GuardedCall, 'operation'> {
  switch (message.t) {
    case 'open':
    case 'cell':
      return { target: message.target, sandboxId: message.ref.sandboxId, input: message.ref }
    case 'open-pty':
      return { target: message.target, sandboxId: message.sandboxId, input: { ptyId: message.ptyId } }
    case 'watch':
      return { target: message.target, sandboxId: message.sandboxId ?? '' }
    default:
      return {}
  }
}

function hasValidIds(ref: JournalRef): boolean {
  if (!sandboxIdSchema.safeParse(ref.sandboxId).success) return false
  if (ref.kind === 'run') return runIdSchema.safeParse(ref.runId).success
  return sessionIdSchema.safeParse(ref.sessionId).success && commandIdSchema.safeParse(ref.commandId).success
}

function hasValidCellIds({ sandboxId, contextId, runId }: CellRef): boolean {
  return (
    sandboxIdSchema.safeParse(sandboxId).success &&
    contextIdSchema.safeParse(contextId).success &&
    runIdSchema.safeParse(runId).success
  )
}
