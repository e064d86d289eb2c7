/** One run with its resources, and which run a later callback belongs to. */
import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import type { WorkerRequest } from '../worker-messages'
import { RunPipes } from './pipes'

export type RunRequest = Extract<WorkerRequest, { op: 'run' }>

/** Finished timers are removed each time this many more were added. */
const pruneAt = 1_000

export class Run {
  readonly id: string
  /** The client displays values and can be asked for input. */
  readonly rich: boolean
  readonly pipes: RunPipes
  isOver = false
  /** The code has not reached its first `await` or its end. */
  isInScript = false
  /** The run was interrupted. */
  isInterrupted = false
  /** Pending reads of standard input. The run is not over while there are any. */
  reads = 0
  /** Called when no read is pending any more. */
  onNoReads: () => void = () => {}
  private timers = new Set<WeakRef<NodeJS.Timeout>>()
  private pruneAt = pruneAt

  constructor(request: RunRequest) {
    this.id = request.id
    this.rich = request.rich
    this.pipes = RunPipes.open(request.out, request.err)
    RunPipes.closeWith(this, this.pipes)
  }

  noteTimer(timer: NodeJS.Timeout): void {
    this.timers.add(new WeakRef(timer))
    if (this.timers.size < this.pruneAt) return
    for (const reference of this.timers) if (isTimerOver(reference.deref())) this.timers.delete(reference)
    this.pruneAt = Math.max(pruneAt, 2 * this.timers.size)
  }

  /** Cancel everything that is scheduled. Promises cannot be cancelled, but most wait for a timer. */
  cancelTimers(): void {
    for (const reference of this.timers) {
      const timer = reference.deref()
      // Intervals are cleared by this too.
      if (timer) clearTimeout(timer)
      if (timer) clearImmediate(timer as unknown as NodeJS.Immediate)
    }
    this.timers.clear()
  }
}

function isTimerOver(timer: (NodeJS.Timeout & { _destroyed?: boolean }) | undefined): boolean {
  return timer === undefined || timer._destroyed === true
}

const { clearTimeout, clearImmediate } = globalThis
const storage = new AsyncLocalStorage<Run>()
let current: Run | null = null
let latest: Run | null = null

/** The current run. */
export function currentRun(): Run | null {
  return current
}

export function setCurrentRun(run: Run | null): void {
  current = run
  latest = run ?? latest
}

/** The run of the calling code: the one that scheduled it, whether it has ended or not. */
export function ownRun(): Run | null {
  return storage.getStore() ?? current ?? latest
}

export function runWithin<Value>(run: Run, work: () => Value): Value {
  return storage.run(run, work)
}

const timerHook = createHook({
  init(_id, type, _trigger, resource) {
    if (type === 'Timeout' || type === 'Immediate') storage.getStore()?.noteTimer(resource as NodeJS.Timeout)
  },
}).enable()

/** Stop tracking which run callbacks belong to: code that mostly awaits spends nearly all its time on that. */
export function pauseTracking(): void {
  timerHook.disable()
  storage.disable()
}

export function resumeTracking(): void {
  timerHook.enable()
  if (latest) storage.run(latest, () => {})
}
