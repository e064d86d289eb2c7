/**
 * Whether a toolbox still answers. The engine asks it over its socket, which nothing inside a sandbox can reach, and
 * looks at its process in the host's /proc; nothing inside takes part in either.
 *
 * A toolbox that a signal has stopped is resumed at once. One that answers nothing is given up: soon where its main
 * thread does nothing, late where it computes or waits for a disk. What counts is questions without an answer, not the
 * clock, so that an engine or a machine that was asleep itself blames nobody.
 */
import type { HostProcess } from '../../isolation/host-process'
import { isHeld, type ProcessSigns, resumeStopped, signsOf } from '../../isolation/process-signs'

export interface HeartbeatTimes {
  /** Between an answer and the next question; up to a third more, so that many toolboxes are not asked at once. */
  readonly everyMs: number
  /** An answer that takes longer counts as missing. */
  readonly answerMs: number
  /** Between a missing answer and the next question. */
  readonly againMs: number
  /** So many missing answers in a row, and clients are told. */
  readonly missesUntilSilent: number
  /** So many in a row without a sign of work, and it is given up. */
  readonly idleMissesUntilLost: number
  /** So many in a row whatever it does, and it is given up. */
  readonly missesUntilLost: number
}

/** Silent after 11 s; lost after 17 s where it does nothing, and after two and a half minutes where it works. */
const usualTimes: HeartbeatTimes = {
  everyMs: 5_000,
  answerMs: 5_000,
  againMs: 1_000,
  missesUntilSilent: 2,
  idleMissesUntilLost: 3,
  missesUntilLost: 25,
}

export interface HeartbeatSubject {
  /** Resolves when the toolbox has answered. */
  ask(deadlineMs: number): Promise<unknown>
  /** What must run for that, the toolbox first. */
  processes(): readonly HostProcess[]
}

export interface HeartbeatListener {
  /** A signal had stopped it. */
  resumed(): void
  /** It has not answered for so many milliseconds. */
  silent(forMs: number): void
  /** It answers again. */
  answered(): void
  /** It is not asked any more. */
  lost(forMs: number): void
}

export class Heartbeat {
  private timer: NodeJS.Timeout | null = null
  private ended = false
  private answeredAt = performance.now()
  private misses = 0
  private idleMisses = 0
  private signs: ProcessSigns | null = null

  constructor(
    private readonly subject: HeartbeatSubject,
    private readonly listener: HeartbeatListener,
    private readonly times: HeartbeatTimes = usualTimes,
  ) {
    this.askIn(this.untilNext())
  }

  stop(): void {
    this.ended = true
    if (this.timer) clearTimeout(this.timer)
  }

  private askIn(ms: number): void {
    if (this.ended) return
    this.timer = setTimeout(() => {
      this.beat().catch((error: unknown) => console.error('a toolbox could not be looked at:', error))
    }, ms)
    this.timer.unref()
  }

  private untilNext(): number {
    return this.times.everyMs * (1 + Math.random() / 3)
  }

  private async beat(): Promise<void> {
    const wasStopped = this.resume()
    try {
      await this.subject.ask(this.times.answerMs)
    } catch {
      // Why does not matter: the socket may be gone, or nobody reads from it.
      if (!this.ended) this.missed(wasStopped)
      return
    }
    if (this.ended) return
    this.answeredAt = performance.now()
    if (this.misses >= this.times.missesUntilSilent) this.listener.answered()
    this.misses = 0
    this.idleMisses = 0
    this.askIn(this.untilNext())
  }

  private missed(wasStopped: boolean): void {
    if (this.subject.processes().some(isHeld)) {
      // The engine itself has stopped what would answer.
      this.askIn(this.times.againMs)
      return
    }
    const isStopped = this.resume()
    this.misses += 1
    const before = this.signs
    const [toolbox] = this.subject.processes()
    this.signs = toolbox ? signsOf(toolbox) : { state: 'gone', cpuTicks: 0 }
    const works = this.signs.state === 'working' || (before !== null && this.signs.cpuTicks > before.cpuTicks)
    // One that is stopped again and again runs a little in between, and does not work.
    this.idleMisses = works && !wasStopped && !isStopped ? 0 : this.idleMisses + 1

    const { idleMissesUntilLost, missesUntilLost, missesUntilSilent, againMs } = this.times
    const silentMs = performance.now() - this.answeredAt
    if (this.idleMisses >= idleMissesUntilLost || this.misses >= missesUntilLost) {
      this.stop()
      this.listener.lost(silentMs)
      return
    }
    if (this.misses === missesUntilSilent) this.listener.silent(silentMs)
    this.askIn(againMs)
  }

  private resume(): boolean {
    if (resumeStopped(this.subject.processes()).length === 0) return false
    this.listener.resumed()
    return true
  }
}
