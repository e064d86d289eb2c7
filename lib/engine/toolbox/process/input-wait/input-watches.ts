/**
 * Notices when something that runs waits for input. Looked at only while it runs and prints nothing, less and less often
 * the longer that lasts, and all that are due with one look at the process table. With nothing running nothing is done.
 */
import { type ProcessEntry, ProcessSnapshot } from '../../../linux/process-table'
import { findReader, type Reader, readsChannel } from './blocked-read'
import type { InputChannel } from './input-channel'
import { tellsSystemCalls } from './system-call'

/** What prints is at work; after so much silence it is looked at. Executions tell of output every 250 ms at most. */
const quietMs = 300
const longestPauseMs = 2_000
/** Looks that are due within this time are one. */
const gatherMs = 50

export interface WatchedInput {
  readonly channel: InputChannel
  /** The processes that may read it. */
  members(snapshot: ProcessSnapshot): ProcessEntry[]
  /** Null where it cannot be known. Called when it changes only. */
  tell(waiting: boolean | null): void
}

export interface InputWatch {
  /** It printed something, or got input: look again before long. */
  noteActivity(): void
  stop(): void
}

interface Watched {
  input: WatchedInput
  told: boolean | null | undefined
  reader: Reader | null
  stirredAt: number
  pauseMs: number
  dueAt: number
}

export class InputWatches {
  private readonly watched = new Set<Watched>()
  private readonly isPossible = tellsSystemCalls()
  private timer: NodeJS.Timeout | null = null
  private timerAt = Number.POSITIVE_INFINITY

  watch(input: WatchedInput): InputWatch {
    const now = performance.now()
    const it: Watched = {
      input,
      told: undefined,
      reader: null,
      stirredAt: now,
      pauseMs: quietMs,
      dueAt: now + quietMs,
    }
    if (this.isPossible) {
      this.watched.add(it)
      this.schedule(it.dueAt)
    }
    return {
      noteActivity: () => this.noteActivity(it),
      stop: () => this.watched.delete(it),
    }
  }

  private noteActivity(it: Watched): void {
    if (!this.watched.has(it)) return
    it.stirredAt = performance.now()
    it.pauseMs = quietMs
    const soon = it.stirredAt + quietMs
    if (it.dueAt <= soon) return
    it.dueAt = soon
    this.schedule(soon)
  }

  private schedule(at: number): void {
    if (at >= this.timerAt) return
    if (this.timer) clearTimeout(this.timer)
    this.timerAt = at
    this.timer = setTimeout(() => this.lookAtDue(), at - performance.now()).unref()
  }

  private lookAtDue(): void {
    this.timer = null
    this.timerAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    let snapshot: ProcessSnapshot | null = null
    const all = () => {
      snapshot ??= new ProcessSnapshot()
      return snapshot
    }
    for (const it of [...this.watched]) if (it.dueAt <= now + gatherMs) this.look(it, all, now)
    for (const it of this.watched) this.schedule(it.dueAt)
  }

  private look(it: Watched, snapshot: () => ProcessSnapshot, now: number): void {
    const { channel } = it.input
    const isQuiet = now >= it.stirredAt + quietMs
    // What was found reading is asked first: that spares the look at all others.
    if (it.reader && readsChannel(it.reader, channel) !== 'reads') it.reader = null
    if (!it.reader && !isQuiet) {
      if (it.told) this.tell(it, false)
      it.dueAt = it.stirredAt + quietMs
      return
    }
    if (!it.reader) {
      const found = findReader(it.input.members(snapshot()), channel)
      it.reader = typeof found === 'string' ? null : found
      this.tell(it, found === 'unknown' ? null : found !== 'no')
    }
    it.dueAt = now + it.pauseMs
    it.pauseMs = Math.min(2 * it.pauseMs, longestPauseMs)
  }

  private tell(it: Watched, waiting: boolean | null): void {
    if (it.told === waiting || !this.watched.has(it)) return
    it.told = waiting
    it.input.tell(waiting)
  }
}
