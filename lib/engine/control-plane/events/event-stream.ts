/**
 * `GET /api/events`: changes of all sandboxes on one WebSocket. While somebody listens, the engine listens to each
 * running toolbox and passes on what it says. A new subscriber is told all that each toolbox knows; when a toolbox that
 * was away is back all of them are, so that nothing of the time in between is missed.
 */
import { WebSocket } from 'ws'
import { type EngineEvent, engineEventSchema } from '@/lib/process-api/extensions'
import { keepAlive } from '../../http/keep-alive'
import type { Routes } from '../../http/router'
import { summarizeError } from '../../state/summarize-error'
import { requireKey } from '../access/credentials'
import type { Sandbox } from '../sandbox/sandbox'
import type { Sandboxes } from '../sandboxes/sandboxes'
import { EventSubscriber } from './event-subscriber'

/** Wait before a toolbox that ended the connection is asked again. */
const againMs = 250
/** A command with thousands of survivors has an event of more than a megabyte. */
const maxEventBytes = 8 * 1024 * 1024

export class EventStream {
  private readonly subscribers = new Map<WebSocket, EventSubscriber>()
  private readonly upstream = new Map<string, WebSocket>()

  constructor(private readonly sandboxes: Sandboxes) {
    sandboxes.onChange((sandbox) => {
      const sandboxId = sandbox.record.id
      if (sandbox.state === 'destroyed') this.send({ type: 'sandbox-deleted', sandboxId })
      else this.send({ type: 'sandbox', sandbox: sandbox.toDto() })
      this.listenTo(sandbox)
    })
  }

  register(routes: Routes, apiKey: string): void {
    routes.webSocket('/api/events', async (context) => {
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
        // Where the toolbox is not listened to yet, all are told once it is.
        if (this.upstream.get(sandbox.record.id)?.readyState === WebSocket.OPEN) subscriber.tell(sandbox.record.id)
        this.listenTo(sandbox)
      }
    })
  }

  close(): void {
    for (const socket of this.subscribers.keys()) socket.close(1001, 'the engine stops')
  }

  private listenTo(sandbox: Sandbox): void {
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
      for (const subscriber of this.subscribers.values()) subscriber.tell(id)
    })
    // The close that follows says all that there is to say.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.upstream.delete(id)
      // When the toolbox went away the sandbox changes its state, which leads here again; else this does.
      setTimeout(() => this.listenTo(sandbox), againMs).unref()
    })
  }

  /** All that the toolbox of a sandbox knows; nothing where none runs. */
  private async *readState(id: string, signal: AbortSignal): AsyncGenerator<EngineEvent> {
    const sandbox = this.sandboxes.byIdOnly(id)
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

/** A toolbox is believed about its own sandbox alone. */
function parseEvent(id: string, text: string): EngineEvent | null {
  try {
    const event = engineEventSchema.parse(JSON.parse(text))
    if ('sandboxId' in event && event.sandboxId === id) return event
    console.error(`the toolbox of ${id} sent an event of another sandbox`)
  } catch (error) {
    console.error('a toolbox sent an event of an unknown form:', summarizeError(error))
  }
  return null
}
