/**
 * The changes of one target, shared by all tabs that watch it: pushed where the target supports that, else found by
 * polling. The feed is closed shortly after the last tab has left.
 */
import type { ProcessApiClient } from '@/lib/process-api/client'
import type { ApiError } from '@/lib/process-api/errors'
import { type EngineEvent, engineEventSchema } from '@/lib/process-api/extensions'
import type { TargetError } from '@/lib/process-api/problem'
import { ListComparer } from './list-comparer'
import { parseJson } from './parse-json'
import { reportUnexpected, TargetRetry } from './target-retry'
import { type SocketCount, TargetSocket, type TargetSocketListener } from './target-socket'

/** A reloaded page is back within this time. */
const lingerMs = 10_000
const pollIntervalMs = 1_500

export interface FeedListener {
  /** The sandboxes that this listener shows: targets without push are polled only for these. */
  shownSandboxes(): Iterable<string>
  event(event: EngineEvent): void
  state(state: 'up' | 'down'): void
  /** Called after each poll of a target without push. */
  polled?(): void
}

interface FeedOptions {
  /** Interval at which a target without push is polled. */
  pollMs?: number
  /** Called with each change that a poll found. */
  onPolled?: (event: EngineEvent) => void
  /** Counts the open socket. */
  count?: SocketCount
}

export class TargetFeed {
  private readonly listeners = new Set<FeedListener>()
  private readonly abort = new AbortController()
  private state: 'up' | 'down' | null = null
  private socket: TargetSocket | null = null
  private timer: NodeJS.Timeout | null = null
  private lingerTimer: NodeJS.Timeout | null = null
  private readonly retry = new TargetRetry()
  private comparer = new ListComparer()

  /**
   * @param client the current client of the target; requested before each attempt
   * @param onUnused called when the feed was closed because it has no listeners any more
   * @param options by default those of a feed for tabs
   */
  constructor(
    private readonly client: () => ProcessApiClient,
    private readonly onUnused: () => void,
    private readonly options: FeedOptions = {},
  ) {
    this.connect()
  }

  add(listener: FeedListener): void {
    if (this.lingerTimer) clearTimeout(this.lingerTimer)
    this.lingerTimer = null
    this.listeners.add(listener)
    if (this.state) listener.state(this.state)
  }

  remove(listener: FeedListener): void {
    if (!this.listeners.delete(listener) || this.listeners.size > 0) return
    this.lingerTimer = setTimeout(() => {
      this.close()
      this.onUnused()
    }, lingerMs)
  }

  close(): void {
    this.abort.abort()
    if (this.timer) clearTimeout(this.timer)
    if (this.lingerTimer) clearTimeout(this.lingerTimer)
    this.socket?.close()
    this.socket = null
  }

  private connect(): void {
    try {
      const { endpoint } = this.client()
      const listener: TargetSocketListener = {
        opened: () => this.handleUp(),
        text: (text) => this.handleMessage(text),
        closed: (_code, error) => {
          this.socket = null
          if (this.abort.signal.aborted) return
          if (isPushUnsupported(error)) void this.poll()
          else this.handleDown()
        },
      }
      const { count } = this.options
      this.socket = new TargetSocket(`${endpoint.apiUrl}/events`, endpoint.apiKey, listener, [], undefined, count)
    } catch (error) {
      this.handleError(error)
    }
  }

  private handleMessage(text: string): void {
    const event = engineEventSchema.safeParse(parseJson(text))
    // A newer engine may send events that this console does not know.
    if (event.success) this.publish(event.data)
  }

  private async poll(): Promise<void> {
    const shown = new Set([...this.listeners].flatMap((listener) => [...listener.shownSandboxes()]))
    try {
      for (const event of await this.comparer.changes(this.client(), shown, this.abort.signal)) {
        this.options.onPolled?.(event)
        this.publish(event)
      }
      if (this.abort.signal.aborted) return
      this.handleUp()
      for (const listener of this.listeners) listener.polled?.()
      this.timer = setTimeout(() => void this.poll(), this.options.pollMs ?? pollIntervalMs)
    } catch (error) {
      if (this.abort.signal.aborted) return
      this.comparer = new ListComparer()
      this.handleError(error)
    }
  }

  private handleError(error: unknown): void {
    reportUnexpected(error, 'A target cannot be watched')
    this.handleDown()
  }

  private handleUp(): void {
    if (this.state === 'up') return
    this.retry.connected()
    this.setState('up')
  }

  private handleDown(): void {
    if (this.state !== 'down') this.setState('down')
    this.timer = setTimeout(() => this.connect(), this.retry.nextDelayMs())
  }

  private setState(state: 'up' | 'down'): void {
    this.state = state
    for (const listener of this.listeners) listener.state(state)
  }

  /** Pass an event to all listeners. Also called for changes that only the console knows. */
  publish(event: EngineEvent): void {
    for (const listener of this.listeners) listener.event(event)
  }
}

/** The target responds, but does not have the route. */
function isPushUnsupported(error: ApiError | TargetError | null): boolean {
  return error?.code === 'TARGET_UNSUPPORTED' || error?.code === 'NOT_FOUND' || error?.code === 'NOT_IMPLEMENTED'
}
