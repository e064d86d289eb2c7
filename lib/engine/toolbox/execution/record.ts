/** One execution, be it a session's command or a run: its state, its times, its journal, and who is told of changes. */
import type { EndReason, Execution, ExecutionState, Survivor, UnverifiedReason } from '@/lib/process-api/execution'
import { hasEnded } from '@/lib/process-api/execution'
import { type ExecutionEnd, notRecorded, stateAfterEnd } from '../../linux/execution-end'
import type { LimitWatch, WatchedProcess } from '../../linux/limit-watch'
import type { Journal } from '../journal/journal'

/** What is kept on disk beside the journal. */
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

/** What reading an execution from disk showed. */
export interface LoadedExecution {
  /** Why what is known of it cannot be verified; null where it is authentic. Its journal is looked at when asked. */
  unverified: UnverifiedReason | null
}

/** `state`: anything but the output's size changed. `output`: only that, told at most four times a second. */
export type ExecutionChange = 'state' | 'output'
export type ExecutionListener = (change: ExecutionChange) => void

const outputInterval = 250

export class ExecutionRecord<Details> {
  private readonly listeners = new Set<ExecutionListener>()
  private stored: StoredExecution
  private survivors: Survivor[] = []
  private openStdin = false
  private waiting: boolean | null = false
  private began = 0
  private watched: WatchedProcess | null = null
  private sentSignal: string | null = null
  private missing: { what: string; failure: string } | null = null
  private outputTimer: NodeJS.Timeout | null = null
  private outputToldAt = Number.NEGATIVE_INFINITY
  private doubt: UnverifiedReason | null = null
  private checking: Promise<void> | null = null
  private isChecked = false
  private announceEnd: () => void = () => {}
  /** Resolves once the execution can change no more (survivors may still add to the journal). */
  readonly ended: Promise<void>

  /**
   * @param order position among the executions of its store
   * @param persist writes the record to disk, and returns why that failed, or null; never throws
   * @param limits tells what the sandbox's limits had to do with its end
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
    if (loaded?.unverified) this.distrust(loaded.unverified)
    this.ended = new Promise((resolve) => {
      this.announceEnd = resolve
    })
    if (this.hasEnded) this.announceEnd()
    journal.onGrowth = () => this.outputGrew()
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

  /** The execution left the queue and its process is about to start. */
  start(options: { stdinOpen?: boolean } = {}): void {
    if (this.stored.state !== 'queued') return
    this.markStarted(options)
    this.persist()
    this.tell('state')
  }

  /** As `start`, for a record that is not on disk yet. */
  markStarted({ stdinOpen = false }: { stdinOpen?: boolean }): void {
    this.began = performance.now()
    this.watched = this.limits?.watch() ?? null
    this.journal.begin()
    this.openStdin = stdinOpen
    this.waiting = stdinOpen ? null : false
    this.stored = { ...this.stored, state: 'running', startedAt: new Date().toISOString() }
  }

  /** Monotonic time of the start. */
  get startedAtMs(): number {
    return this.began
  }

  /** A person sent it a signal. */
  noteSignal(signal: string): void {
    this.sentSignal = signal
  }

  /** The end; the first one counts. */
  end(how: ExecutionEnd): void {
    if (this.hasEnded) return
    const explained = this.watched?.explain(how, this.sentSignal) ?? how
    this.watched = null
    const { failure } = this.journal
    const missing = failure === null ? this.missing : { what: 'Its output', failure }
    const end = missing ? notRecorded(explained, missing.what, missing.failure) : explained
    const started = this.stored.startedAt !== null
    this.openStdin = false
    this.waiting = false
    this.stored = {
      ...this.stored,
      state: stateAfterEnd(end),
      exitCode: end.exitCode,
      signal: end.signal,
      reason: end.reason,
      message: end.message ?? this.stored.message,
      endedAt: end.reason === 'toolbox-lost' ? null : new Date().toISOString(),
      durationMs: started && end.reason !== 'toolbox-lost' ? performance.now() - this.began : null,
    }
    const unwritten = this.persist()
    if (unwritten !== null) this.noteUnwrittenEnd(end, unwritten)
    this.announceEnd()
    this.tell('state')
  }

  /** Something beside its output could not be recorded: it does not end as a success. */
  noteMissing(what: string, failure: string): void {
    this.missing ??= { what, failure }
  }

  /** The end is tried again later; whoever is told of it now is told that, too. */
  private noteUnwrittenEnd(end: ExecutionEnd, failure: string): void {
    if (end.reason !== 'exited') return
    const { exitCode, reason, message } = notRecorded(end, 'Its end', failure)
    const state = stateAfterEnd({ ...end, exitCode, reason })
    this.stored = { ...this.stored, state, exitCode, reason, message: message ?? null }
  }

  get isStdinOpen(): boolean {
    return this.openStdin
  }

  /** @param waiting whether input is waited for, where that is known at the same time */
  setStdinOpen(open: boolean, waiting: boolean | null = open && this.stored.state === 'running' ? null : false): void {
    if (this.openStdin === open || this.hasEnded) return
    this.openStdin = open
    this.waiting = waiting
    this.tell('state')
  }

  /** Whether input is waited for; null where that cannot be known. */
  setWaitingForInput(waiting: boolean | null): void {
    if (this.waiting === waiting || this.hasEnded || !this.openStdin) return
    this.waiting = waiting
    this.tell('state')
  }

  setMessage(message: string): void {
    if (this.stored.message === message) return
    this.stored = { ...this.stored, message }
    this.tell('state')
  }

  /** Processes that outlived the execution, as they were last seen. */
  setSurvivors(survivors: Survivor[]): void {
    const same =
      survivors.length === this.survivors.length && survivors.every((it, i) => it.pid === this.survivors[i]?.pid)
    this.survivors = survivors
    if (!same) this.tell('state')
  }

  /** Something of it that is on disk is not what was written there. The first reason counts. */
  distrust(reason: UnverifiedReason): void {
    this.doubt ??= reason
  }

  get unverified(): UnverifiedReason | null {
    return this.doubt
  }

  /** It was read from disk, and its journal was not compared with its codes yet. */
  get needsCheck(): boolean {
    return this.loaded !== null && this.doubt === null && !this.isChecked
  }

  /** Compare the journal of an execution that was read from disk with its codes, once. Never rejects. */
  check(): Promise<void> {
    if (!this.needsCheck) return Promise.resolve()
    this.checking ??= this.journal
      .verify()
      .then((reason) => {
        if (reason) this.distrust(reason)
        this.isChecked = true
        this.tell('state')
      })
      .catch((error: unknown) => console.error(`the journal of ${this.id} could not be verified:`, error))
    return this.checking
  }

  snapshot(): Execution {
    const message = this.stored.message ?? this.journal.dropReason
    return {
      ...this.stored,
      message,
      output: this.journal.sizes(),
      survivors: this.survivors,
      stdinOpen: this.openStdin,
      waitingForInput: this.waiting,
      verified: this.doubt ? false : this.isChecked || null,
      unverifiedReason: this.doubt,
    }
  }

  /** What is written to disk. */
  toStored(): StoredExecution {
    return { ...this.stored, message: this.stored.message ?? this.journal.dropReason }
  }

  /** Be told of changes. Returns what ends that. */
  onChange(listener: ExecutionListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** The record was removed from its store: nobody is told of anything any more. */
  dispose(): void {
    this.watched?.cancel()
    this.watched = null
    if (this.outputTimer) clearTimeout(this.outputTimer)
    this.outputTimer = null
    this.listeners.clear()
  }

  private outputGrew(): void {
    if (this.listeners.size === 0 || this.outputTimer) return
    const wait = this.outputToldAt + outputInterval - performance.now()
    if (wait <= 0) {
      this.tell('output')
      return
    }
    this.outputTimer = setTimeout(() => {
      this.outputTimer = null
      this.tell('output')
    }, wait)
    this.outputTimer.unref()
  }

  private tell(change: ExecutionChange): void {
    if (this.outputTimer) clearTimeout(this.outputTimer)
    this.outputTimer = null
    this.outputToldAt = performance.now()
    for (const listener of this.listeners) listener(change)
  }
}
