/**
 * One subscriber of `GET /api/events`. What a sandbox says while the subscriber is behind is left out, and the sandbox
 * is told anew as soon as it has caught up: nothing that happens in a sandbox can end a subscriber that reads, and one
 * that does not read costs little.
 */
import type { WebSocket } from 'ws'
import type { EngineEvent } from '@/lib/process-api/extensions'

/** A subscriber with so much unread is behind. */
const maxBehindBytes = 1024 * 1024
/** It is told of a sandbox no faster than this is read. */
const maxToldBytes = 64 * 1024
/** Unread bytes at which a subscriber is ended: what cannot be told anew alone comes to so much. */
const maxQueueBytes = 8 * 1024 * 1024
/** A subscriber that is behind and has read nothing for so long is ended. */
const defaultStallMs = 60_000

/** Everything that a sandbox knows now, one event a line. */
export type ReadState = (sandboxId: string, signal: AbortSignal) => AsyncIterable<EngineEvent>

/** What happened while a sandbox is told: those events are newer than what was read of it. */
interface Telling {
  sandboxId: string
  newer: Set<string>
  goneSessions: Set<string>
}

export class EventSubscriber {
  private readonly untold = new Set<string>()
  private readonly gone = new AbortController()
  private telling: Telling | null = null
  private isWorking = false
  private readAt = performance.now()
  private wake: (() => void) | null = null

  constructor(
    private readonly socket: WebSocket,
    private readonly readState: ReadState,
    private readonly stallMs = defaultStallMs,
  ) {
    socket.once('close', () => {
      this.gone.abort()
      this.wake?.()
    })
  }

  /** Pass on what happened now. @param text the event as JSON */
  send(event: EngineEvent, text: string): void {
    const sandboxId = 'sandboxId' in event ? event.sandboxId : null
    if (this.telling && this.telling.sandboxId === sandboxId) noteNewer(this.telling, event)
    if (this.socket.bufferedAmount > maxBehindBytes && sandboxId !== null && canBeToldAnew(event)) {
      if (performance.now() - this.readAt > this.stallMs) this.socket.terminate()
      else this.tell(sandboxId)
    } else if (this.socket.bufferedAmount > maxQueueBytes) {
      this.socket.terminate()
    } else {
      this.write(text)
    }
  }

  /** Tell it all that a sandbox knows, as if it had just changed. */
  tell(sandboxId: string): void {
    this.untold.add(sandboxId)
    if (!this.isWorking) void this.work()
  }

  private async work(): Promise<void> {
    this.isWorking = true
    for (;;) {
      await this.caughtUp()
      const [next] = this.untold
      if (next === undefined || this.gone.signal.aborted) break
      this.untold.delete(next)
      try {
        await this.tellAll(next)
      } catch (error) {
        if (!this.gone.signal.aborted) console.error(`sandbox ${next} could not be read:`, error)
      }
    }
    this.isWorking = false
  }

  private async tellAll(sandboxId: string): Promise<void> {
    const telling: Telling = { sandboxId, newer: new Set(), goneSessions: new Set() }
    this.telling = telling
    try {
      for await (const event of this.readState(sandboxId, this.gone.signal)) {
        if (isStale(telling, event)) continue
        this.write(JSON.stringify(event))
        await this.caughtUp()
        if (this.gone.signal.aborted) return
      }
    } finally {
      this.telling = null
    }
  }

  private write(text: string): void {
    if (this.socket.bufferedAmount === 0) this.readAt = performance.now()
    this.socket.send(text, () => {
      this.readAt = performance.now()
      if (this.socket.bufferedAmount <= maxToldBytes) this.wake?.()
    })
  }

  /** Resolves once little is unread, or the subscriber has gone. */
  private caughtUp(): Promise<void> | undefined {
    if (this.socket.bufferedAmount <= maxToldBytes || this.gone.signal.aborted) return
    return new Promise((resolve) => {
      this.wake = () => {
        this.wake = null
        resolve()
      }
    })
  }
}

/** What is gone is not told anew: its event must arrive. */
function canBeToldAnew({ type }: EngineEvent): boolean {
  return ['session', 'command', 'run', 'context', 'context-run', 'pty'].includes(type)
}

function noteNewer(telling: Telling, event: EngineEvent): void {
  const key = keyOf(event)
  if (key !== null) telling.newer.add(key)
  if (event.type === 'session-deleted') telling.goneSessions.add(event.sessionId)
}

/** It was read before something that the subscriber knows already, or will be told of after this. */
function isStale(telling: Telling, event: EngineEvent): boolean {
  if (event.type === 'command' && telling.goneSessions.has(event.sessionId)) return true
  const key = keyOf(event)
  return key !== null && telling.newer.has(key)
}

/** Which thing of its sandbox an event is about. */
function keyOf(event: EngineEvent): string | null {
  switch (event.type) {
    case 'sandbox':
    case 'sandbox-deleted':
      return null
    case 'session':
      return `session ${event.session.sessionId}`
    case 'session-deleted':
      return `session ${event.sessionId}`
    case 'command':
      return `command ${event.sessionId} ${event.command.id}`
    case 'run':
      return `run ${event.run.id}`
    case 'run-deleted':
      return `run ${event.runId}`
    case 'context':
      return `context ${event.context.id}`
    case 'context-deleted':
      return `context ${event.contextId}`
    case 'context-run':
      return `context-run ${event.run.id}`
    case 'pty':
      return `pty ${event.pty.id}`
    case 'pty-deleted':
      return `pty ${event.ptyId}`
    default:
      return event satisfies never
  }
}
