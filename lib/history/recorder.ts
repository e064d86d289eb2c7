/**
 * Writes what happens in the sandboxes of one target into the history: from events while the console runs, and from the
 * target's lists at its start and after each gap.
 */
import { TargetFeed } from '@/lib/live/hub/target-feed'
import { log } from '@/lib/log/log'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { hasEnded } from '@/lib/process-api/has-ended'
import { TargetError } from '@/lib/process-api/problem'
import type { ExecutionRecord, HistoryChange } from '@/lib/store/history/history-store'
import { readDetails } from './details'
import { type KnownExecutions, reconcile } from './reconcile'
import { recordOfCell, recordOfCommand, recordOfRun } from './record-of'

/** Executions whose details are read at the same time, and those that may wait: the others are read at the next gap. */
const maxConcurrent = 2
const maxPending = 10_000
/** The text of what runs is read after this time: most executions have ended by then, and are read once. */
const runningReadDelayMs = 1_000
/** A target without push is compared again at this interval. Sandboxes that a tab shows are watched by its live socket. */
const plainIntervalMs = 300_000

export interface RecorderDeps {
  client(): ProcessApiClient
  add(change: HistoryChange): void
  known: KnownExecutions
}

export class TargetRecorder {
  private readonly feed: TargetFeed
  private readonly abort = new AbortController()
  /** Executions whose details have to be read, with the newest record of each. */
  private readonly pending = new Map<string, ExecutionRecord>()
  private working = 0
  private reconciling = false
  private repeat = false
  /** Executions that run, with the timers after which the text of each is read. */
  private readonly started = new Map<string, NodeJS.Timeout>()

  constructor(
    private readonly target: string,
    private readonly deps: RecorderDeps,
  ) {
    this.feed = new TargetFeed(
      () => deps.client(),
      () => {},
      { pollMs: plainIntervalMs, count: { open: 0 } },
    )
    this.feed.add({
      shownSandboxes: () => [],
      event: (event) => this.record(event),
      state: (state) => {
        if (state === 'up') this.reconcile()
      },
      polled: () => {
        if (!this.reconciling) this.reconcile()
      },
    })
  }

  close(): void {
    this.abort.abort()
    for (const timer of this.started.values()) clearTimeout(timer)
    this.feed.close()
  }

  /** Compares the history with what the target lists. */
  reconcile(): void {
    if (this.reconciling) {
      this.repeat = true
      return
    }
    this.reconciling = true
    void this.compare().finally(() => {
      this.reconciling = false
      if (this.repeat && !this.abort.signal.aborted) {
        this.repeat = false
        this.reconcile()
      }
    })
  }

  /** Records an event of the target. Events of the same execution may arrive more than once. */
  record(event: EngineEvent): void {
    const at = Date.now()
    const { target } = this
    switch (event.type) {
      case 'sandbox':
        this.deps.add({
          type: 'sandbox',
          target,
          sandboxId: event.sandbox.id,
          name: event.sandbox.name,
          labels: event.sandbox.labels,
        })
        break
      case 'sandbox-deleted':
        this.deps.add({ type: 'sandbox-deleted', target, sandboxId: event.sandboxId, at })
        break
      case 'command':
        this.put(recordOfCommand(this.sandbox(event), event.sessionId, event.command))
        break
      case 'session-deleted':
        this.removeParent('command', event.sandboxId, event.sessionId, at)
        break
      case 'run':
        this.put(recordOfRun(this.sandbox(event), event.run))
        break
      case 'run-deleted':
        this.deps.add({
          type: 'removed',
          key: { ...this.sandbox(event), kind: 'run', parentId: '', executionId: event.runId },
          at,
        })
        break
      case 'context-run':
        this.put(recordOfCell(this.sandbox(event), event.run, null))
        break
      case 'context-deleted':
        this.removeParent('cell', event.sandboxId, event.contextId, at)
        break
      case 'session':
      case 'context':
      case 'pty':
      case 'pty-deleted':
        break
      default:
        event satisfies never
    }
  }

  private sandbox({ sandboxId }: { sandboxId: string }) {
    return { target: this.target, sandboxId }
  }

  private removeParent(kind: 'command' | 'cell', sandboxId: string, parentId: string, at: number): void {
    this.deps.add({ type: 'parent-removed', key: { target: this.target, sandboxId, kind, parentId }, at })
  }

  private put(record: ExecutionRecord): void {
    this.deps.add({ type: 'execution', record })
    const key = `${record.sandboxId} ${record.kind} ${record.parentId} ${record.executionId}`
    const ended = hasEnded(record.state)
    if (ended) {
      clearTimeout(this.started.get(key))
      this.started.delete(key)
      this.readLater(key, record)
    } else if (!record.textComplete && !this.started.has(key)) {
      const timer = setTimeout(() => this.readLater(key, record), runningReadDelayMs)
      this.started.set(key, timer.unref())
    }
  }

  private readLater(key: string, record: ExecutionRecord): void {
    if (this.pending.size >= maxPending) return
    this.pending.delete(key)
    this.pending.set(key, record)
    this.work()
  }

  private work(): void {
    while (this.working < maxConcurrent && this.pending.size > 0 && !this.abort.signal.aborted) {
      const [next] = this.pending
      if (!next) return
      this.pending.delete(next[0])
      this.working += 1
      void this.readOne(next[1]).finally(() => {
        this.working -= 1
        this.work()
      })
    }
  }

  private async readOne(record: ExecutionRecord): Promise<void> {
    const { target, sandboxId, kind, parentId, executionId } = record
    const key = { target, sandboxId, kind, parentId, executionId }
    try {
      const { language, details } = await readDetails({
        key,
        client: this.deps.client(),
        state: record,
        textComplete: record.textComplete,
      })
      this.deps.add({ type: 'details', key, language, details })
    } catch (error) {
      reportUnexpected(error, 'The details of an execution cannot be read')
    }
  }

  private async compare(): Promise<void> {
    try {
      const records = reconcile(this.target, this.deps.client(), this.deps.known, this.abort.signal)
      for await (const found of records) {
        if (found.type === 'execution') this.put(found.record)
        else this.deps.add(found)
      }
    } catch (error) {
      reportUnexpected(error, 'The history cannot be compared with a target')
    }
  }
}

/** Targets are unreachable, and sandboxes are deleted while they are read: only what is neither is logged. */
function reportUnexpected(error: unknown, message: string): void {
  const isExpected =
    error instanceof ApiError ||
    error instanceof TargetError ||
    (error instanceof Error && ['AbortError', 'TimeoutError', 'StoreError'].includes(error.name))
  if (!isExpected) log.error({ err: error }, message)
}
