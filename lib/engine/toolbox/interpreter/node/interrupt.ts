/**
 * An interrupt, on the thread that runs the code. The listener thread triggers it through V8's inspector, in the
 * middle of running code, or between two events if the code waits.
 */
import type { Session } from 'node:inspector'
import type { Channel } from './channel'
import { isProtected } from './protection'
import { currentRun, pauseTracking, type Run, resumeTracking } from './run'
import { interruptAgain, interruptDone, interruptTight } from './shared'
import { type DescribedError, errorAt, framesNow } from './traces'

/** The code may replace the global function. */
const { setImmediate } = globalThis
/** Ending the execution inside these functions would leave Node's timers or ticks in a broken state. */
const delicate =
  /^node:(internal\/(async_hooks|timers|process|priority_queue|linkedlist|fixed_queue)|async_hooks|timers)/
/** After this many attempts, code that does little else is ended even there. */
const maxDelicateAttempts = 50
/** Free stack depth, in calls, that an attempt needs. */
const minFreeDepth = 200

export class Interrupts {
  private delicateLooks = 0
  private isEnding = false
  private isPaused = false
  private plainNextTick: typeof process.nextTick | null = null

  /** @param onInterrupted called to end the run, while none of its code is on the stack */
  constructor(
    private readonly channel: Channel,
    private readonly session: Session,
    private readonly onInterrupted: (run: Run, error: DescribedError) => void,
  ) {}

  /** One attempt. The listener thread repeats it until the run is over. */
  attempt(id: string): string {
    const run = currentRun()
    if (run?.id !== id) {
      // The run has ended by itself meanwhile.
      this.resume()
      return interruptDone
    }
    if (isProtected()) return interruptAgain
    if (!hasRoom(minFreeDepth)) return interruptTight
    const frames = framesNow()
    run.isInterrupted = true
    if (frames.length === 0) {
      this.endSoon(run, frames)
      return interruptAgain
    }
    if (!this.isPaused && !run.isInScript) {
      // Node ends the process if its async hooks find work that was started and never finished.
      this.isPaused = true
      pauseTracking()
      return interruptAgain
    }
    if (this.isDelicate(frames) && this.delicateLooks < maxDelicateAttempts) {
      this.delicateLooks += 1
      return interruptAgain
    }
    if (this.isEnding) this.starveTicks()
    this.endSoon(run, frames)
    this.terminate()
    return interruptAgain
  }

  /** Report the interrupt between two events, when none of the run's code is on the stack. */
  private endSoon(run: Run, frames: NodeJS.CallSite[]): void {
    if (this.isEnding) return
    this.isEnding = true
    this.channel.send({ op: 'seen' })
    const error = errorAt('Interrupted', 'the run was interrupted', frames)
    setImmediate(() => {
      this.isEnding = false
      this.delicateLooks = 0
      if (this.plainNextTick) process.nextTick = this.plainNextTick
      this.plainNextTick = null
      if (this.isPaused) unwindAsyncHooks()
      this.resume()
      this.onInterrupted(run, error)
    })
  }

  private resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    resumeTracking()
  }

  /** End the current execution in V8. Code cannot catch this. */
  private terminate(): void {
    unwindAsyncHooks()
    this.session.post('Runtime.terminateExecution')
  }

  /** Code that schedules a tick in each tick never returns to the event loop, so the next tick is dropped. */
  private starveTicks(): void {
    this.plainNextTick ??= process.nextTick
    process.nextTick = () => {}
  }

  private isDelicate(frames: readonly NodeJS.CallSite[]): boolean {
    for (const frame of frames) {
      const file = frame.getScriptNameOrSourceURL() ?? ''
      if (delicate.test(file)) return true
      if (!file.startsWith('node:') && file !== __filename) return false
    }
    return false
  }
}

/**
 * Node records asynchronous work when it enters a callback, removes the record when it leaves, and ends the process if
 * the two do not match. A callback that is cut off never leaves, so its records are removed here, as for an uncaught
 * exception.
 */
function unwindAsyncHooks(): void {
  const { _fatalException: takeBack } = process as { _fatalException?: (error: Error, fromPromise: boolean) => boolean }
  if (typeof takeBack !== 'function') return
  const isFree = !process.hasUncaughtExceptionCaptureCallback()
  if (isFree) process.setUncaughtExceptionCaptureCallback(() => {})
  takeBack(new Error('the run was interrupted'), false)
  if (isFree) process.setUncaughtExceptionCaptureCallback(null)
}

/** False if the stack is nearly full. */
function hasRoom(depth: number): boolean {
  try {
    return depth === 0 || hasRoom(depth - 1)
  } catch {
    return false
  }
}
