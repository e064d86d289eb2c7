/**
 * `GET /api/events`: changes of all sandboxes on one WebSocket. While somebody listens, the engine listens to each
 * running toolbox and passes on what it says; a toolbox that was away is read whole once it is back, so that nothing
 * of the time in between is missed.
 */
import { WebSocket } from 'ws'
import { z } from 'zod'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { engineEvent, runPage } from '@/lib/process-api/extensions'
import { sessionDetail } from '@/lib/process-api/process'
import { keepAlive } from '../toolbox/http/keep-alive'
import type { Routes } from '../toolbox/http/router'
import { requireKey } from './credentials'
import type { Sandbox } from './sandbox'
import type { Sandboxes } from './sandboxes'

const longestQueue = 8 * 1024 * 1024
const askTimeoutMs = 5_000
/** Wait before a toolbox that ended the connection is asked again. */
const againMs = 250
const sessions = z.array(sessionDetail)

export class EventStream {
  private readonly subscribers = new Set<WebSocket>()
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
      this.subscribers.add(socket)
      keepAlive(socket)
      socket.once('close', () => {
        this.subscribers.delete(socket)
        if (this.subscribers.size === 0) for (const each of this.upstream.values()) each.terminate()
      })
      for (const sandbox of this.sandboxes) this.listenTo(sandbox)
    })
  }

  close(): void {
    for (const socket of this.subscribers) socket.close(1001, 'the engine stops')
  }

  private listenTo(sandbox: Sandbox): void {
    const { id } = sandbox.record
    if (this.subscribers.size === 0 || sandbox.state !== 'started' || this.upstream.has(id)) return
    const link = sandbox.requireLink()
    const socket = new WebSocket('ws://toolbox/events', {
      createConnection: () => link.connect(),
      perMessageDeflate: false,
    })
    this.upstream.set(id, socket)
    socket.on('message', (data) => this.relay(id, data.toString()))
    socket.on('open', () => {
      this.retell(sandbox).catch((error: unknown) => console.error(`sandbox ${id} could not be read:`, error))
    })
    // The close that follows says all that there is to say.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.upstream.delete(id)
      // When the toolbox went away the sandbox changes its state, which leads here again; else this does.
      setTimeout(() => this.listenTo(sandbox), againMs).unref()
    })
  }

  /** Say all that a toolbox knows, as if it had just changed. */
  private async retell(sandbox: Sandbox): Promise<void> {
    const sandboxId = sandbox.record.id
    const link = sandbox.requireLink()
    const [known, page] = await Promise.all([
      link.ask('GET', '/process/session', undefined, askTimeoutMs).then((it) => sessions.parse(it)),
      link.ask('GET', '/process/run?limit=100', undefined, askTimeoutMs).then((it) => runPage.parse(it)),
    ])
    for (const { commands, ...session } of known) {
      this.send({ type: 'session', sandboxId, session })
      for (const command of commands) this.send({ type: 'command', sandboxId, sessionId: session.sessionId, command })
    }
    for (const run of page.runs) this.send({ type: 'run', sandboxId, run })
  }

  /** A toolbox is believed about its own sandbox alone. */
  private relay(id: string, text: string): void {
    const parsed = engineEvent.safeParse(JSON.parse(text))
    if (parsed.success && 'sandboxId' in parsed.data && parsed.data.sandboxId === id) this.sendText(text)
    else if (parsed.success) console.error(`the toolbox of ${id} sent an event of another sandbox`)
    else console.error('a toolbox sent an event of an unknown form:', parsed.error.message)
  }

  private send(event: EngineEvent): void {
    if (this.subscribers.size > 0) this.sendText(JSON.stringify(event))
  }

  private sendText(text: string): void {
    for (const socket of this.subscribers) {
      if (socket.bufferedAmount > longestQueue) socket.terminate()
      else socket.send(text)
    }
  }
}
