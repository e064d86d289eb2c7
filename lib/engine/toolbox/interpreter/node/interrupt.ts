/**
 * An interrupt as the thread sees it that runs the code. The listening thread has it performed by V8's inspector, in the
 * middle of whatever runs, or between two events where the code waits.
 */
import type { Session } from 'node:inspector'
import type { Channel } from './channel'
import { isProtected } from './protection'
import { currentRun, pauseTracking, type Run, resumeTracking } from './run'
import { interruptAgain, interruptDone, interruptTight } from './shared'
import { errorAt, framesNow, type ShownError } from './traces'

/** The code may replace the global one. */
const { setImmediate } = globalThis
/** Ending the execution inside of these would leave timers or ticks in a state that Node cannot go on from. */
const delicate =
  /^node:(internal\/(async_hooks|timers|process|priority_queue|linkedlist|fixed_queue)|async_hooks|timers)/
/** Code that does hardly anything else is ended all the same after so many attempts. */
const patience = 50
/** Calls within each other that an attempt needs room for. */
const neededDepth = 200

export class Interrupts {
  private delicateLooks = 0
  private isEnding = false
  private isPaused = false
  private plainNextTick: typeof process.nextTick | null = null

  /** @param onInterrupted the run is to end, and nothing of it runs at the moment */
  constructor(
    private readonly channel: Channel,
    private readonly session: Session,
    private readonly onInterrupted: (run: Run, error: ShownError) => void,
  ) {}

  /** One attempt; the other thread makes another one until the run is over. */
  attempt(id: string): string {
    const run = currentRun()
    if (run?.id !== id) {
      // It came to its end by itself meanwhile.
      this.resume()
      return interruptDone
    }
    if (isProtected()) return interruptAgain
    if (!hasRoom(neededDepth)) return interruptTight
    const frames = framesNow()
    run.isInterrupted = true
    if (frames.length === 0) {
      this.endSoon(run, frames)
      return interruptAgain
    }
    if (!this.isPaused && !run.isInScript) {
      // Node ends the process where its hooks for asynchronous work find that some of it never came to its end.
      this.isPaused = true
      pauseTracking()
      return interruptAgain
    }
    if (this.isDelicate(frames) && this.delicateLooks < patience) {
      this.delicateLooks += 1
      return interruptAgain
    }
    if (this.isEnding) this.starveTicks()
    this.endSoon(run, frames)
    this.terminate()
    return interruptAgain
  }

  /** The run is told as interrupted between two events, so that nothing of it is under way. */
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
      if (this.isPaused) takeBackNotes()
      this.resume()
      this.onInterrupted(run, error)
    })
  }

  private resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    resumeTracking()
  }

  /** End what V8 executes, which no code can catch. */
  private terminate(): void {
    takeBackNotes()
    this.session.post('Runtime.terminateExecution')
  }

  /** Code that asks for its next tick in each tick never lets an event through: now it does not get the next one. */
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
 * What Node notes about asynchronous work on the way in, it takes back on the way out, and ends the process where that
 * does not match. Where there will be no way out it is taken back here, as for an exception that nobody caught.
 */
function takeBackNotes(): void {
  const { _fatalException: takeBack } = process as { _fatalException?: (error: Error, fromPromise: boolean) => boolean }
  if (typeof takeBack !== 'function') return
  const isFree = !process.hasUncaughtExceptionCaptureCallback()
  if (isFree) process.setUncaughtExceptionCaptureCallback(() => {})
  takeBack(new Error('the run was interrupted'), false)
  if (isFree) process.setUncaughtExceptionCaptureCallback(null)
}

/** False where the code has nearly used up the stack. */
function hasRoom(depth: number): boolean {
  try {
    return depth === 0 || hasRoom(depth - 1)
  } catch {
    return false
  }
}
