/**
 * The changes of one target, asked for once and shared by all tabs that watch it: pushed where the target has the
 * extension, else found by comparing lists. It lives as long as somebody watches, and a moment longer.
 */
import { log } from '@/lib/log/log'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import { type EngineEvent, engineEventSchema } from '@/lib/process-api/extensions'
import { TargetError } from '@/lib/process-api/problem'
import { ListComparer } from './list-comparer'
import { targetRetryDelay } from './target-retry'
import { TargetSocket } from './target-socket'

/** A page reload leaves and comes back within this. */
const lingerMs = 10_000
const pollMs = 1_500
const settledMs = 5_000

export interface FeedListener {
  /** Sandboxes that this listener shows; only targets without push are asked about them. */
  shownSandboxes(): Iterable<string>
  event(event: EngineEvent): void
  state(state: 'up' | 'down'): void
}

export class TargetFeed {
  private readonly listeners = new Set<FeedListener>()
  private readonly aborter = new AbortController()
  private state: 'up' | 'down' | null = null
  private socket: TargetSocket | null = null
  private timer: NodeJS.Timeout | null = null
  private lingerTimer: NodeJS.Timeout | null = null
  private attempt = 0
  private upAt = 0
  private comparer = new ListComparer()

  /**
   * @param client where the target is now; asked before each try
   * @param onUnused the feed has ended because nobody watches any more
   */
  constructor(
    private readonly client: () => ProcessApiClient,
    private readonly onUnused: () => void,
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
    this.aborter.abort()
    if (this.timer) clearTimeout(this.timer)
    if (this.lingerTimer) clearTimeout(this.lingerTimer)
    this.socket?.close()
    this.socket = null
  }

  private connect(): void {
    try {
      const { endpoint } = this.client()
      this.socket = new TargetSocket(`${endpoint.apiUrl}/events`, endpoint.apiKey, {
        opened: () => this.up(),
        text: (text) => this.hear(text),
        closed: (_code, error) => {
          this.socket = null
          if (this.aborter.signal.aborted) return
          if (hasNoPush(error)) void this.poll()
          else this.down()
        },
      })
    } catch (error) {
      this.failed(error)
    }
  }

  private hear(text: string): void {
    const event = engineEventSchema.safeParse(parseJson(text))
    // A newer engine may tell of things that this console does not know.
    if (event.success) this.publish(event.data)
  }

  private async poll(): Promise<void> {
    const shown = new Set([...this.listeners].flatMap((listener) => [...listener.shownSandboxes()]))
    try {
      for (const event of await this.comparer.changes(this.client(), shown, this.aborter.signal)) this.publish(event)
      if (this.aborter.signal.aborted) return
      this.up()
      this.timer = setTimeout(() => void this.poll(), pollMs)
    } catch (error) {
      if (this.aborter.signal.aborted) return
      this.comparer = new ListComparer()
      this.failed(error)
    }
  }

  private failed(error: unknown): void {
    if (!(error instanceof TargetError || error instanceof ApiError))
      log.error({ err: error }, 'A target cannot be watched')
    this.down()
  }

  private up(): void {
    if (this.state === 'up') return
    this.upAt = Date.now()
    this.tell('up')
  }

  private down(): void {
    if (this.state === 'up' && Date.now() - this.upAt >= settledMs) this.attempt = 0
    if (this.state !== 'down') this.tell('down')
    this.timer = setTimeout(() => this.connect(), targetRetryDelay(this.attempt))
    this.attempt += 1
  }

  private tell(state: 'up' | 'down'): void {
    this.state = state
    for (const listener of this.listeners) listener.state(state)
  }

  /** Tell all who watch; also for what the console itself knows of this target. */
  publish(event: EngineEvent): void {
    for (const listener of this.listeners) listener.event(event)
  }
}

/** The target answers, but knows no such address. */
function hasNoPush(error: ApiError | TargetError | null): boolean {
  return error?.code === 'TARGET_UNSUPPORTED' || error?.code === 'NOT_FOUND' || error?.code === 'NOT_IMPLEMENTED'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not JSON: the schema says no to it
  }
}
