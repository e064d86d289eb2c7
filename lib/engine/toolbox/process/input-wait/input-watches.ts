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
    const it: WatchState = {
      input,
      reported: undefined,
      reader: null,
      activeAt: now,
      intervalMs: quietMs,
      dueAt: now + quietMs,
    }
    if (this.isSupported) {
      this.watched.add(it)
      this.schedule(it.dueAt)
    }
    return {
      noteActivity: () => this.noteActivity(it),
      stop: () => this.watched.delete(it),
    }
  }

  private noteActivity(it: WatchState): void {
    if (!this.watched.has(it)) return
    it.activeAt = performance.now()
    it.intervalMs = quietMs
    const soon = it.activeAt + quietMs
    if (it.dueAt <= soon) return
    it.dueAt = soon
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
    for (const it of [...this.watched]) if (it.dueAt <= now + coalesceMs) this.check(it, all, now)
    for (const it of this.watched) this.schedule(it.dueAt)
  }

  private check(it: WatchState, snapshot: () => ProcessSnapshot, now: number): void {
    const { channel } = it.input
    const isQuiet = now >= it.activeAt + quietMs
    // Check the known reader first, which avoids a scan of all processes.
    if (it.reader && readsChannel(it.reader, channel) !== 'reads') it.reader = null
    if (!it.reader && !isQuiet) {
      if (it.reported) this.report(it, false)
      it.dueAt = it.activeAt + quietMs
      return
    }
    if (!it.reader) {
      const found = findReader(it.input.members(snapshot()), channel)
      it.reader = typeof found === 'string' ? null : found
      this.report(it, found === 'unknown' ? null : found !== 'no')
    }
    it.dueAt = now + it.intervalMs
    it.intervalMs = Math.min(2 * it.intervalMs, maxIntervalMs)
  }

  private report(it: WatchState, waiting: boolean | null): void {
    if (it.reported === waiting || !this.watched.has(it)) return
    it.reported = waiting
    it.input.onChange(waiting)
  }
}
