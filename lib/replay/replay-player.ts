/**
 * Plays recorded events on a screen. Each event is due at a time of one clock, so that late timers do not add up.
 * Without browser, so that the timing can be tested with a clock of the test.
 */
import { type Grid, type ReplayCursor, type ReplayEvent, type ReplaySource, sizeOfEvent } from './replay-event'

export const minSpeed = 0.25
export const maxSpeed = 64

/** The screen is given time to parse after this many bytes. */
const maxUnsettledBytes = 512 * 1024
/** Later output of what is still running is looked for at this interval. */
const refreshIntervalMs = 1_000
/** Timers of browsers have 31 bits. */
const maxTimerMs = 60 * 60_000

export interface ReplayClock {
  /** Monotonic, in ms. */
  now(): number
  /** Returns a function that cancels the timer. */
  setTimer(callback: () => void, ms: number): () => void
}

export interface ReplayScreen {
  /** Clear everything. Without a grid, the size is the screen's own choice. */
  reset(grid: Grid | null): void
  apply(event: ReplayEvent): void
  /** Resolves when everything up to now was parsed. */
  settled(): Promise<void>
}

export interface PlayerState {
  phase: 'paused' | 'playing' | 'ended'
  /** The screen is being brought to another time. */
  isSeeking: boolean
  speed: number
  /** Pauses are shortened to this; null plays them as they were. */
  maxPauseMs: number | null
  durationMs: number
  /** Bytes of output that are not drawn because they are too far before the time of the screen. */
  skippedBytes: number
  failure: unknown
}

export class ReplayPlayer {
  private current: PlayerState
  private readonly listeners = new Set<() => void>()
  private cursor: ReplayCursor | null = null
  private abort = new AbortController()
  private queue: readonly ReplayEvent[] = []
  private next = 0
  private ahead: Promise<readonly ReplayEvent[]> | null = null
  private isAtEnd = false
  /** All events up to this time are on the screen. */
  private appliedMs = 0
  private anchorAt = 0
  private anchorMs = 0
  private cancelTimer: () => void = () => {}
  /** Changes with each seek: what an earlier one still waits for is then ignored. */
  private generation = 0
  private isPumping = false

  constructor(
    private readonly source: ReplaySource,
    private readonly screen: ReplayScreen,
    private readonly clock: ReplayClock,
    options: { speed?: number; maxPauseMs?: number | null } = {},
  ) {
    this.current = {
      phase: 'paused',
      isSeeking: false,
      speed: options.speed ?? 1,
      maxPauseMs: options.maxPauseMs ?? null,
      durationMs: source.durationMs,
      skippedBytes: 0,
      failure: null,
    }
  }

  readonly getState = (): PlayerState => this.current

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** The time of the recording that is shown now, in ms. */
  get positionMs(): number {
    const { phase, isSeeking, speed } = this.current
    if (phase !== 'playing' || isSeeking) return this.anchorMs
    return Math.min(this.source.durationMs, this.anchorMs + (this.clock.now() - this.anchorAt) * speed)
  }

  play(): void {
    const { phase } = this.current
    if (phase === 'playing') return
    const isOver = this.anchorMs >= this.source.durationMs && this.source.refresh === undefined
    this.setAnchor(this.anchorMs)
    this.set({ phase: 'playing', failure: null })
    if (isOver) void this.seek(0)
    else if (this.cursor) this.pump()
    else void this.seek(this.anchorMs)
  }

  pause(): void {
    if (this.current.phase !== 'playing') return
    this.cancelTimer()
    this.setAnchor(this.positionMs)
    this.set({ phase: 'paused' })
  }

  setSpeed(speed: number): void {
    this.setAnchor(this.positionMs)
    this.set({ speed: Math.min(maxSpeed, Math.max(minSpeed, speed)) })
    this.pump()
  }

  setMaxPause(maxPauseMs: number | null): void {
    this.set({ maxPauseMs })
    this.pump()
  }

  /** Show the screen as it was at a time, and go on playing from there if it was played. */
  async seek(ms: number): Promise<void> {
    const target = Math.min(Math.max(0, ms), this.source.durationMs)
    this.generation += 1
    const { generation } = this
    this.cancelTimer()
    this.setAnchor(target)
    this.set({ isSeeking: true, failure: null, ...(this.current.phase === 'ended' && { phase: 'paused' }) })
    try {
      if (!this.cursor || target < this.appliedMs || !this.cursor.isNear(target)) this.reopen(target)
      await this.applyUntil(target, () => generation === this.generation)
    } catch (error) {
      if (generation === this.generation) this.fail(error)
      return
    }
    if (generation !== this.generation) return
    this.appliedMs = Math.max(this.appliedMs, target)
    this.setAnchor(target)
    this.set({ isSeeking: false })
    this.pump()
  }

  /** Show the next event, and pause. */
  async step(): Promise<void> {
    this.pause()
    try {
      const event = await this.peek()
      if (event) await this.seek(event.ms)
    } catch (error) {
      this.fail(error)
    }
  }

  close(): void {
    this.generation += 1
    this.cancelTimer()
    this.abort.abort()
    this.listeners.clear()
    this.current = { ...this.current, phase: 'paused' }
  }

  private reopen(ms: number): void {
    this.abort.abort()
    this.abort = new AbortController()
    this.cursor = this.source.open(ms)
    this.queue = []
    this.next = 0
    this.ahead = null
    this.isAtEnd = false
    this.appliedMs = 0
    this.screen.reset(this.cursor.grid)
    this.set({ skippedBytes: this.cursor.skippedBytes })
  }

  /** Apply everything up to a time, with pauses for the screen. */
  private async applyUntil(ms: number, isCurrent: () => boolean): Promise<void> {
    let unsettled = 0
    for (;;) {
      const event = await this.peek()
      if (!isCurrent()) return
      if (!event || event.ms > ms) break
      this.applyNext(event)
      unsettled += sizeOfEvent(event)
      if (unsettled < maxUnsettledBytes) continue
      await this.screen.settled()
      if (!isCurrent()) return
      unsettled = 0
    }
    await this.screen.settled()
  }

  private applyNext(event: ReplayEvent): void {
    this.next += 1
    this.appliedMs = event.ms
    this.screen.apply(event)
  }

  /** The event that follows the screen; null at the end. */
  private async peek(): Promise<ReplayEvent | null> {
    while (this.next >= this.queue.length) {
      if (this.isAtEnd || !this.cursor) return null
      await this.loadBatch(this.cursor)
    }
    return this.queue[this.next] ?? null
  }

  private async loadBatch(cursor: ReplayCursor): Promise<void> {
    const { signal } = this.abort
    const loading = this.ahead ?? cursor.next(signal)
    this.ahead = loading
    const batch = await loading
    // Somebody else has taken this batch, or the position has changed.
    if (this.ahead !== loading || this.cursor !== cursor) return
    this.queue = batch
    this.next = 0
    this.isAtEnd = batch.length === 0
    this.ahead = null
    if (this.isAtEnd) return
    this.ahead = cursor.next(signal)
    // A failure is reported when this batch is needed.
    this.ahead.catch(() => undefined)
  }

  /** Apply what is due, and set a timer for what follows. */
  private pump(): void {
    if (this.isPumping) return
    this.isPumping = true
    const { generation } = this
    this.applyDue(generation)
      .catch((error: unknown) => {
        if (generation === this.generation) this.fail(error)
      })
      .finally(() => {
        this.isPumping = false
        // A seek or another speed came in between.
        if (generation !== this.generation) this.pump()
      })
  }

  private async applyDue(generation: number): Promise<void> {
    this.cancelTimer()
    let unsettled = 0
    while (this.isPlaying && generation === this.generation) {
      const event = this.queue[this.next] ?? (await this.peek())
      if (!this.isPlaying || generation !== this.generation) return
      if (event) this.shortenPause(event.ms)
      else if (this.source.refresh) return await this.waitForMore()
      const dueMs = event?.ms ?? this.source.durationMs
      const waitMs = (dueMs - this.unboundedMs) / this.current.speed
      if (waitMs > 0) {
        this.cancelTimer = this.clock.setTimer(() => this.pump(), Math.min(waitMs, maxTimerMs))
        return
      }
      if (!event) {
        this.setAnchor(this.source.durationMs)
        this.set({ phase: 'ended' })
        return
      }
      this.applyNext(event)
      unsettled += sizeOfEvent(event)
      if (unsettled < maxUnsettledBytes) continue
      await this.screen.settled()
      unsettled = 0
    }
  }

  private async waitForMore(): Promise<void> {
    const { signal } = this.abort
    const hasMore = await this.source.refresh?.(signal)
    if (signal.aborted) return
    this.set({ durationMs: this.source.durationMs })
    if (hasMore) {
      this.isAtEnd = false
      this.cancelTimer = this.clock.setTimer(() => this.pump(), 0)
    } else if (this.source.refresh) {
      this.cancelTimer = this.clock.setTimer(() => this.pump(), refreshIntervalMs)
    } else {
      this.cancelTimer = this.clock.setTimer(() => this.pump(), 0)
    }
  }

  private get isPlaying(): boolean {
    return this.current.phase === 'playing' && !this.current.isSeeking
  }

  /** As `positionMs`, beyond the end of a recording that may continue. */
  private get unboundedMs(): number {
    return this.anchorMs + (this.clock.now() - this.anchorAt) * this.current.speed
  }

  private shortenPause(dueMs: number): void {
    const { maxPauseMs } = this.current
    if (maxPauseMs !== null && this.unboundedMs < dueMs - maxPauseMs) this.setAnchor(dueMs - maxPauseMs)
  }

  private setAnchor(ms: number): void {
    this.anchorMs = ms
    this.anchorAt = this.clock.now()
  }

  private fail(failure: unknown): void {
    if (this.abort.signal.aborted) return
    this.cancelTimer()
    this.setAnchor(this.appliedMs)
    // Reading starts anew when it is tried again.
    this.cursor = null
    this.set({ phase: 'paused', isSeeking: false, failure })
  }

  private set(change: Partial<PlayerState>): void {
    this.current = { ...this.current, ...change }
    for (const listener of this.listeners) listener()
  }
}
