/** One execution, a session's command or a run: its state, times, journal and change listeners. */
import { log } from '@/lib/log/log'
import type { EndReason, Execution, ExecutionState, Survivor, UnverifiedReason } from '@/lib/process-api/execution'
import { hasEnded } from '@/lib/process-api/has-ended'
import { type ExecutionEnd, notRecorded, stateAfterEnd } from '../../linux/execution-end'
import type { LimitWatch, WatchedProcess } from '../../linux/limit-watch'
import type { Journal } from '../journal/journal'

/** The fields stored on disk beside the journal. */
export interface StoredExecution {
  state: ExecutionState
  exitCode: number | null
  signal: string | null
  reason: EndReason | null
  message: string | null
  queuedAt: string
  startedAt: string | null
  endedAt: string | null
  durationMs: number | null
}

/** Result of loading an execution from disk. */
export interface LoadedExecution {
  /** Why the record cannot be verified; null if it is authentic. The journal is verified later, on request. */
  unverified: UnverifiedReason | null
}

/** `output`: only the size of the output changed, reported at most four times a second. `state`: anything else. */
export type ExecutionChange = 'state' | 'output'
export type ExecutionListener = (change: ExecutionChange) => void

const outputIntervalMs = 250

export class ExecutionRecord<Details> {
  private readonly listeners = new Set<ExecutionListener>()
  private stored: StoredExecution
  private survivors: Survivor[] = []
  private stdinOpen = false
  private waiting: boolean | null = false
  private startTime = 0
  private watched: WatchedProcess | null = null
  private sentSignal: string | null = null
  private missing: { what: string; failure: string } | null = null
  private outputTimer: NodeJS.Timeout | null = null
  private lastNotifiedAt = Number.NEGATIVE_INFINITY
  private unverifiedReason: UnverifiedReason | null = null
  private verification: Promise<void> | null = null
  private isVerified = false
  private resolveEnded: () => void = () => {}
  /** Resolves when the execution has ended. Surviving processes may still add to the journal. */
  readonly ended: Promise<void>

  /**
   * @param order position among the executions of its store
   * @param persist writes the record to disk; returns why that failed, or null; never throws
   * @param limits explains what the sandbox's limits had to do with the end
   */
  constructor(
    readonly id: string,
    readonly order: number,
    readonly details: Details,
    readonly journal: Journal,
    stored: StoredExecution,
    private readonly persist: () => string | null,
    private readonly limits: LimitWatch | null = null,
    private readonly loaded: LoadedExecution | null = null,
  ) {
    this.stored = stored
    if (loaded?.unverified) this.markUnverified(loaded.unverified)
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve
    })
    if (this.hasEnded) this.resolveEnded()
    journal.onGrowth = () => this.onOutput()
  }

  get state(): ExecutionState {
    return this.stored.state
  }

  get hasEnded(): boolean {
    return hasEnded(this.stored.state)
  }

  get exitCode(): number | null {
    return this.stored.exitCode
  }

  /** The process is about to start; the execution leaves the queue. */
  start(options: { stdinOpen?: boolean } = {}): void {
    if (this.stored.state !== 'queued') return
    this.markStarted(options)
    this.persist()
    this.notify('state')
  }

  /** As `start`, for a record that was not persisted yet. */
  markStarted({ stdinOpen = false }: { stdinOpen?: boolean }): void {
    this.startTime = performance.now()
    this.watched = this.limits?.watch() ?? null
    this.journal.begin()
    this.stdinOpen = stdinOpen
    this.waiting = stdinOpen ? null : false
    this.stored = { ...this.stored, state: 'running', startedAt: new Date().toISOString() }
  }

  /** Monotonic time of the start. */
  get startedAtMs(): number {
    return this.startTime
  }

  /** A user sent a signal to the execution. */
  recordSignal(signal: string): void {
    this.sentSignal = signal
  }

  /** End the execution. Only the first call has an effect. */
  end(how: ExecutionEnd): void {
    if (this.hasEnded) return
    const explained = this.watched?.explain(how, this.sentSignal) ?? how
    this.watched = null
    const { failure } = this.journal
    const missing = failure === null ? this.missing : { what: 'Its output', failure }
    const end = missing ? notRecorded(explained, missing.what, missing.failure) : explained
    const started = this.stored.startedAt !== null
    this.stdinOpen = false
    this.waiting = false
    this.stored = {
      ...this.stored,
      state: stateAfterEnd(end),
      exitCode: end.exitCode,
      signal: end.signal,
      reason: end.reason,
      message: end.message ?? this.stored.message,
      endedAt: end.reason === 'toolbox-lost' ? null : new Date().toISOString(),
      durationMs: started && end.reason !== 'toolbox-lost' ? performance.now() - this.startTime : null,
    }
    const unwritten = this.persist()
    if (unwritten !== null) this.markEndNotRecorded(end, unwritten)
    this.resolveEnded()
    this.notify('state')
  }

  /** Something other than its output could not be recorded, so the execution cannot end as a success. */
  recordMissing(what: string, failure: string): void {
    this.missing ??= { what, failure }
  }

  /** Writing the end is retried later. Until then, clients see that it was not recorded. */
  private markEndNotRecorded(end: ExecutionEnd, failure: string): void {
    if (end.reason !== 'exited') return
    const { exitCode, reason, message } = notRecorded(end, 'Its end', failure)
    const state = stateAfterEnd({ ...end, exitCode, reason })
    this.stored = { ...this.stored, state, exitCode, reason, message: message ?? null }
  }

  get isStdinOpen(): boolean {
    return this.stdinOpen
  }

  /** @param waiting whether the process waits for input, if already known */
  setStdinOpen(open: boolean, waiting: boolean | null = open && this.stored.state === 'running' ? null : false): void {
    if (this.stdinOpen === open || this.hasEnded) return
    this.stdinOpen = open
    this.waiting = waiting
    this.notify('state')
  }

  /** Whether the process waits for input; null if unknown. */
  setWaitingForInput(waiting: boolean | null): void {
    if (this.waiting === waiting || this.hasEnded || !this.stdinOpen) return
    this.waiting = waiting
    this.notify('state')
  }

  setMessage(message: string): void {
    if (this.stored.message === message) return
    this.stored = { ...this.stored, message }
    this.notify('state')
  }

  /** Processes that outlived the execution, as last seen. */
  setSurvivors(survivors: Survivor[]): void {
    const same =
      survivors.length === this.survivors.length && survivors.every((it, i) => it.pid === this.survivors[i]?.pid)
    this.survivors = survivors
    if (!same) this.notify('state')
  }

  /** Something of the execution on disk was changed. The first reason counts. */
  markUnverified(reason: UnverifiedReason): void {
    this.unverifiedReason ??= reason
  }

  get unverified(): UnverifiedReason | null {
    return this.unverifiedReason
  }

  /** True if the execution was read from disk and its journal was not compared with its codes yet. */
  get needsVerification(): boolean {
    return this.loaded !== null && this.unverifiedReason === null && !this.isVerified
  }

  /** Compare the journal of an execution that was read from disk with its codes, once. Never rejects. */
  verify(): Promise<void> {
    if (!this.needsVerification) return Promise.resolve()
    this.verification ??= this.journal
      .verify()
      .then((reason) => {
        if (reason) this.markUnverified(reason)
        this.isVerified = true
        this.notify('state')
      })
      .catch((error: unknown) => log.error({ err: error }, `the journal of ${this.id} could not be verified`))
    return this.verification
  }

  snapshot(): Execution {
    const message = this.stored.message ?? this.journal.dropReason
    return {
      ...this.stored,
      message,
      output: this.journal.sizes(),
      survivors: this.survivors,
      stdinOpen: this.stdinOpen,
      waitingForInput: this.waiting,
      verified: this.unverifiedReason ? false : this.isVerified || null,
      unverifiedReason: this.unverifiedReason,
    }
  }

  /** The fields to write to disk. */
  toStored(): StoredExecution {
    return { ...this.stored, message: this.stored.message ?? this.journal.dropReason }
  }

  /** Listen for changes. Returns a function that removes the listener. */
  onChange(listener: ExecutionListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** The record was removed from its store: remove all listeners and timers. */
  dispose(): void {
    this.watched?.cancel()
    this.watched = null
    if (this.outputTimer) clearTimeout(this.outputTimer)
    this.outputTimer = null
    this.listeners.clear()
  }

  private onOutput(): void {
    if (this.listeners.size === 0 || this.outputTimer) return
    const wait = this.lastNotifiedAt + outputIntervalMs - performance.now()
    if (wait <= 0) {
      this.notify('output')
      return
    }
    this.outputTimer = setTimeout(() => {
      this.outputTimer = null
      this.notify('output')
    }, wait)
    this.outputTimer.unref()
  }

  private notify(change: ExecutionChange): void {
    if (this.outputTimer) clearTimeout(this.outputTimer)
    this.outputTimer = null
    this.lastNotifiedAt = performance.now()
    for (const listener of this.listeners) listener(change)
  }
}
