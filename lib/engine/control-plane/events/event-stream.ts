/**
 * `GET /api/events`: changes of all sandboxes on one WebSocket. While there are subscribers, the engine relays the events of
 * each running toolbox. A new subscriber receives the full state of each toolbox; when a toolbox reconnects, all subscribers
 * do, so that they miss nothing.
 */
import { WebSocket } from 'ws'
import { log } from '@/lib/log/log'
import { type EngineEvent, engineEventSchema } from '@/lib/process-api/extensions'
import { engineOperations } from '@/lib/process-api/operations/engine'
import { keepAlive } from '../../http/keep-alive'
import type { Routes } from '../../http/router'
import { summarizeError } from '../../state/summarize-error'
import { requireKey } from '../access/credentials'
import type { Sandbox } from '../sandbox/sandbox'
import type { Sandboxes } from '../sandboxes/sandboxes'
import { EventSubscriber } from './event-subscriber'

/** Delay before reconnecting to a toolbox. */
const reconnectDelayMs = 250
/** The event of a command with thousands of surviving processes exceeds a megabyte. */
const maxEventBytes = 8 * 1024 * 1024

export class EventStream {
  private readonly subscribers = new Map<WebSocket, EventSubscriber>()
  private readonly upstream = new Map<string, WebSocket>()

  constructor(private readonly sandboxes: Sandboxes) {
    sandboxes.onChange((sandbox) => {
      const sandboxId = sandbox.record.id
      if (sandbox.state === 'destroyed') this.send({ type: 'sandbox-deleted', sandboxId })
      else this.send({ type: 'sandbox', sandbox: sandbox.toDto() })
      this.connectTo(sandbox)
    })
  }

  register(routes: Routes, apiKey: string): void {
    routes.onSocket(engineOperations.followEvents, async (context) => {
      requireKey(context.request.headers, apiKey)
      const socket = await context.accept()
      const subscriber = new EventSubscriber(socket, (id, signal) => this.readState(id, signal))
      this.subscribers.set(socket, subscriber)
      keepAlive(socket)
      socket.once('close', () => {
        this.subscribers.delete(socket)
        if (this.subscribers.size === 0) for (const each of this.upstream.values()) each.terminate()
      })
      for (const sandbox of this.sandboxes) {
        // Without a connection yet, all subscribers receive the state once it is open.
        if (this.upstream.get(sandbox.record.id)?.readyState === WebSocket.OPEN)
          subscriber.requestReplay(sandbox.record.id)
        this.connectTo(sandbox)
      }
    })
  }

  close(): void {
    for (const socket of this.subscribers.keys()) socket.close(1001, 'the engine is shutting down')
  }

  private connectTo(sandbox: Sandbox): void {
    const { id } = sandbox.record
    if (this.subscribers.size === 0 || sandbox.state !== 'started' || this.upstream.has(id)) return
    const link = sandbox.requireLink()
    const socket = new WebSocket('ws://toolbox/events', {
      createConnection: () => link.connect(),
      perMessageDeflate: false,
      maxPayload: maxEventBytes,
    })
    this.upstream.set(id, socket)
    socket.on('message', (data) => this.relay(id, data.toString()))
    socket.on('open', () => {
      for (const subscriber of this.subscribers.values()) subscriber.requestReplay(id)
    })
    // The close event follows and is sufficient.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.upstream.delete(id)
      // A toolbox that exits also changes the sandbox's state, which reconnects; this covers the other cases.
      setTimeout(() => this.connectTo(sandbox), reconnectDelayMs).unref()
    })
  }

  /** The full state of the toolbox of a sandbox; empty when none runs. */
  private async *readState(id: string, signal: AbortSignal): AsyncGenerator<EngineEvent> {
    const sandbox = this.sandboxes.findById(id)
    if (sandbox?.state !== 'started') return
    for await (const line of sandbox.requireLink().lines('/internal/events', signal, maxEventBytes)) {
      const event = parseEvent(id, line)
      if (event) yield event
    }
  }

  private relay(id: string, text: string): void {
    const event = parseEvent(id, text)
    if (event) for (const subscriber of this.subscribers.values()) subscriber.send(event, text)
  }

  private send(event: EngineEvent): void {
    if (this.subscribers.size === 0) return
    const text = JSON.stringify(event)
    for (const subscriber of this.subscribers.values()) subscriber.send(event, text)
  }
}

/** A toolbox may only report about its own sandbox. */
function parseEvent(id: string, text: string): EngineEvent | null {
  try {
    const event = engineEventSchema.parse(JSON.parse(text))
    if ('sandboxId' in event && event.sandboxId === id) return event
    log.error(`the toolbox of ${id} sent an event about another sandbox`)
  } catch (error) {
    log.error({ reason: summarizeError(error) }, 'a toolbox sent an event of unknown type')
  }
  return null
}
