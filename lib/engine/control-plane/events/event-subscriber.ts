/**
 * One subscriber of `GET /api/events`. Events of a sandbox are dropped while the subscriber lags, and its full state is
 * replayed once the subscriber has caught up. So a busy sandbox never disconnects a subscriber that reads, and one that does
 * not read costs little memory.
 */
import type { WebSocket } from 'ws'
import { log } from '@/lib/log/log'
import type { EngineEvent } from '@/lib/process-api/extensions'

/** A subscriber with more unread bytes lags. */
const maxLagBytes = 1024 * 1024
/** Backpressure threshold of state replays. */
const maxReplayBytes = 64 * 1024
/** Unread bytes at which a subscriber is disconnected; only events that cannot be replayed add up to this. */
const maxQueueBytes = 8 * 1024 * 1024
/** A lagging subscriber that has read nothing for this long is disconnected. */
const defaultStallTimeoutMs = 60_000

/** The full current state of a sandbox, as events. */
export type ReadState = (sandboxId: string, signal: AbortSignal) => AsyncIterable<EngineEvent>

/** What happened during a state replay: these events are newer than the replayed state. */
interface Replay {
  sandboxId: string
  newer: Set<string>
  deletedSessions: Set<string>
}

export class EventSubscriber {
  private readonly pendingReplays = new Set<string>()
  private readonly abort = new AbortController()
  private replay: Replay | null = null
  private isReplaying = false
  private readAt = performance.now()
  private wake: (() => void) | null = null

  constructor(
    private readonly socket: WebSocket,
    private readonly readState: ReadState,
    private readonly stallTimeoutMs = defaultStallTimeoutMs,
  ) {
    socket.once('close', () => {
      this.abort.abort()
      this.wake?.()
    })
  }

  /** Send a new event. @param text the event as JSON */
  send(event: EngineEvent, text: string): void {
    const sandboxId = 'sandboxId' in event ? event.sandboxId : null
    if (this.replay && this.replay.sandboxId === sandboxId) noteNewer(this.replay, event)
    if (this.socket.bufferedAmount > maxLagBytes && sandboxId !== null && isReplayable(event)) {
      if (performance.now() - this.readAt > this.stallTimeoutMs) this.socket.terminate()
      else this.requestReplay(sandboxId)
    } else if (this.socket.bufferedAmount > maxQueueBytes) {
      this.socket.terminate()
    } else {
      this.write(text)
    }
  }

  /** Replay the full state of a sandbox. */
  requestReplay(sandboxId: string): void {
    this.pendingReplays.add(sandboxId)
    if (!this.isReplaying) void this.runReplays()
  }

  private async runReplays(): Promise<void> {
    this.isReplaying = true
    for (;;) {
      await this.drained()
      const [next] = this.pendingReplays
      if (next === undefined || this.abort.signal.aborted) break
      this.pendingReplays.delete(next)
      try {
        await this.replayState(next)
      } catch (error) {
        if (!this.abort.signal.aborted) log.error({ err: error }, `the state of sandbox ${next} could not be read`)
      }
    }
    this.isReplaying = false
  }

  private async replayState(sandboxId: string): Promise<void> {
    const replay: Replay = { sandboxId, newer: new Set(), deletedSessions: new Set() }
    this.replay = replay
    try {
      for await (const event of this.readState(sandboxId, this.abort.signal)) {
        if (isStale(replay, event)) continue
        this.write(JSON.stringify(event))
        await this.drained()
        if (this.abort.signal.aborted) return
      }
    } finally {
      this.replay = null
    }
  }

  private write(text: string): void {
    if (this.socket.bufferedAmount === 0) this.readAt = performance.now()
    this.socket.send(text, () => {
      this.readAt = performance.now()
      if (this.socket.bufferedAmount <= maxReplayBytes) this.wake?.()
    })
  }

  /** Resolves once little is unread, or the connection is closed. */
  private drained(): Promise<void> | undefined {
    if (this.socket.bufferedAmount <= maxReplayBytes || this.abort.signal.aborted) return
    return new Promise((resolve) => {
      this.wake = () => {
        this.wake = null
        resolve()
      }
    })
  }
}

/** Deletions are not part of the state, so their events must be delivered. */
function isReplayable({ type }: EngineEvent): boolean {
  return ['session', 'command', 'run', 'context', 'context-run', 'pty'].includes(type)
}

function noteNewer(replay: Replay, event: EngineEvent): void {
  const key = keyOf(event)
  if (key !== null) replay.newer.add(key)
  if (event.type === 'session-deleted') replay.deletedSessions.add(event.sessionId)
}

/** Whether the state was read before an event that the subscriber has received already. */
function isStale(replay: Replay, event: EngineEvent): boolean {
  if (event.type === 'command' && replay.deletedSessions.has(event.sessionId)) return true
  const key = keyOf(event)
  return key !== null && replay.newer.has(key)
}

/** Identifies the object in the sandbox that an event is about. */
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
