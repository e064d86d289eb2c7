/** One run: what belongs to it, and which one code belongs to that runs later. */
import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import type { WorkerRequest } from '../worker-messages'
import { RunPipes } from './pipes'

export type RunRequest = Extract<WorkerRequest, { op: 'run' }>

/** Timers are looked through for those that are over whenever there are so many more. */
const pruneAt = 1_000

export class Run {
  readonly id: string
  /** Values are shown, and the client can be asked. */
  readonly rich: boolean
  readonly pipes: RunPipes
  isOver = false
  /** Its code has not come to its first `await` or its end. */
  isInScript = false
  /** An interrupt has come. */
  isInterrupted = false
  /** Reads of standard input that wait for the client. A run is not over while there are any. */
  reads = 0
  /** Called when there is none any more. */
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

  /** Nothing that it wanted to do later shall happen. Promises cannot be called off, but most wait for a timer. */
  callOff(): void {
    for (const reference of this.timers) {
      const timer = reference.deref()
      // It takes what setInterval and setImmediate give as well.
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

/** The run under way. */
export function currentRun(): Run | null {
  return current
}

export function setCurrentRun(run: Run | null): void {
  current = run
  latest = run ?? latest
}

/** The run that the code belongs to which asks: the one that caused it, be it over or not. */
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

/** Stop noting what belongs to which run, which code that does little but wait spends nearly all its time with. */
export function pauseTracking(): void {
  timerHook.disable()
  storage.disable()
}

export function resumeTracking(): void {
  timerHook.enable()
  if (latest) storage.run(latest, () => {})
}
