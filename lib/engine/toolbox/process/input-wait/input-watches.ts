/**
 * Detects when a running program waits for input. Checks run only while the program prints nothing, at growing intervals;
 * all checks that are due share one scan of the process table. Without running programs there is no work.
 */
import { type ProcessEntry, ProcessSnapshot } from '../../../linux/process-table'
import { findReader, type Reader, readsChannel } from './blocked-read'
import type { InputChannel } from './input-channel'
import { canReadSystemCalls } from './system-call'

/** Silence before the first check. Must exceed the 250 ms at which executions report output. */
const quietMs = 300
const maxIntervalMs = 2_000
/** Checks due within this time run together. */
const coalesceMs = 50

export interface WatchedInput {
  readonly channel: InputChannel
  /** The processes that may read the channel. */
  members(snapshot: ProcessSnapshot): ProcessEntry[]
  /** Called when the result changes; null if unknown. */
  onChange(waiting: boolean | null): void
}

export interface InputWatch {
  /** The program printed something or got input: check again soon. */
  noteActivity(): void
  stop(): void
}

interface WatchState {
  input: WatchedInput
  reported: boolean | null | undefined
  reader: Reader | null
  activeAt: number
  intervalMs: number
  dueAt: number
}

export class InputWatches {
  private readonly watched = new Set<WatchState>()
  private readonly isSupported = canReadSystemCalls()
  private timer: NodeJS.Timeout | null = null
  private timerAt = Number.POSITIVE_INFINITY

  watch(input: WatchedInput): InputWatch {
    const now = performance.now()
    const watch: WatchState = {
      input,
      reported: undefined,
      reader: null,
      activeAt: now,
      intervalMs: quietMs,
      dueAt: now + quietMs,
    }
    if (this.isSupported) {
      this.watched.add(watch)
      this.schedule(watch.dueAt)
    }
    return {
      noteActivity: () => this.noteActivity(watch),
      stop: () => this.watched.delete(watch),
    }
  }

  private noteActivity(watch: WatchState): void {
    if (!this.watched.has(watch)) return
    watch.activeAt = performance.now()
    watch.intervalMs = quietMs
    const soon = watch.activeAt + quietMs
    if (watch.dueAt <= soon) return
    watch.dueAt = soon
    this.schedule(soon)
  }

  private schedule(at: number): void {
    if (at >= this.timerAt) return
    if (this.timer) clearTimeout(this.timer)
    this.timerAt = at
    this.timer = setTimeout(() => this.checkDue(), at - performance.now()).unref()
  }

  private checkDue(): void {
    this.timer = null
    this.timerAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    let snapshot: ProcessSnapshot | null = null
    const all = () => {
      snapshot ??= new ProcessSnapshot()
      return snapshot
    }
    for (const watch of [...this.watched]) if (watch.dueAt <= now + coalesceMs) this.check(watch, all, now)
    for (const watch of this.watched) this.schedule(watch.dueAt)
  }

  private check(watch: WatchState, snapshot: () => ProcessSnapshot, now: number): void {
    const { channel } = watch.input
    const isQuiet = now >= watch.activeAt + quietMs
    // Check the known reader first, which avoids a scan of all processes.
    if (watch.reader && readsChannel(watch.reader, channel) !== 'reads') watch.reader = null
    if (!watch.reader && !isQuiet) {
      if (watch.reported) this.report(watch, false)
      watch.dueAt = watch.activeAt + quietMs
      return
    }
    if (!watch.reader) {
      const found = findReader(watch.input.members(snapshot()), channel)
      watch.reader = typeof found === 'string' ? null : found
      this.report(watch, found === 'unknown' ? null : found !== 'no')
    }
    watch.dueAt = now + watch.intervalMs
    watch.intervalMs = Math.min(2 * watch.intervalMs, maxIntervalMs)
  }

  private report(watch: WatchState, waiting: boolean | null): void {
    if (watch.reported === waiting || !this.watched.has(watch)) return
    watch.reported = waiting
    watch.input.onChange(waiting)
  }
}
