/**
 * Checks that a toolbox still responds. The engine pings it over its socket, which nothing inside a sandbox can reach, and
 * reads the state of its process in the host's /proc, so sandboxed code cannot influence the result.
 *
 * A toolbox that was stopped by a signal is resumed at once. One that does not respond is declared lost: soon when its main
 * thread is idle, later when it computes or waits for a disk. Missed pings are counted, not elapsed time, so a suspended
 * engine or machine does not lead to false alarms.
 */
import { log } from '@/lib/log/log'
import type { HostProcess } from '../../isolation/host-process'
import { isFrozen, type ProcessSigns, resumeStopped, signsOf } from '../../isolation/process-signs'

export interface HeartbeatTimes {
  /** Between a response and the next ping; up to a third more, so that many toolboxes are not pinged at once. */
  readonly intervalMs: number
  /** A ping without a response after this time counts as missed. */
  readonly timeoutMs: number
  /** Between a missed ping and the next one. */
  readonly retryMs: number
  /** Consecutive missed pings until clients are notified. */
  readonly missesUntilSilent: number
  /** Consecutive missed pings without signs of work until the toolbox is lost. */
  readonly idleMissesUntilLost: number
  /** Consecutive missed pings, working or not, until the toolbox is lost. */
  readonly missesUntilLost: number
}

/** Silent after 11 s; lost after 17 s when idle, and after two and a half minutes when working. */
const defaultTimes: HeartbeatTimes = {
  intervalMs: 5_000,
  timeoutMs: 5_000,
  retryMs: 1_000,
  missesUntilSilent: 2,
  idleMissesUntilLost: 3,
  missesUntilLost: 25,
}

export interface HeartbeatSubject {
  /** Resolves when the toolbox has responded. */
  ping(timeoutMs: number): Promise<unknown>
  /** The processes that must run for that, the toolbox first. */
  processes(): readonly HostProcess[]
}

export interface HeartbeatListener {
  /** The toolbox had been stopped by a signal. */
  resumed(): void
  /** No response for this many milliseconds. */
  silent(forMs: number): void
  /** The toolbox responds again after silence. */
  recovered(): void
  /** The toolbox is declared lost; no more pings follow. */
  lost(forMs: number): void
}

export class Heartbeat {
  private timer: NodeJS.Timeout | null = null
  private stopped = false
  private respondedAt = performance.now()
  private misses = 0
  private idleMisses = 0
  private signs: ProcessSigns | null = null

  constructor(
    private readonly subject: HeartbeatSubject,
    private readonly listener: HeartbeatListener,
    private readonly times: HeartbeatTimes = defaultTimes,
  ) {
    this.pingAfter(this.nextDelayMs())
  }

  stop(): void {
    this.stopped = true
    if (this.timer) clearTimeout(this.timer)
  }

  private pingAfter(ms: number): void {
    if (this.stopped) return
    this.timer = setTimeout(() => {
      this.beat().catch((error: unknown) => log.error({ err: error }, 'toolbox heartbeat failed'))
    }, ms)
    this.timer.unref()
  }

  private nextDelayMs(): number {
    return this.times.intervalMs * (1 + Math.random() / 3)
  }

  private async beat(): Promise<void> {
    const wasStopped = this.resume()
    try {
      await this.subject.ping(this.times.timeoutMs)
    } catch {
      // The reason does not matter: the socket may be closed, or no longer read.
      if (!this.stopped) this.onMissed(wasStopped)
      return
    }
    if (this.stopped) return
    this.respondedAt = performance.now()
    if (this.misses >= this.times.missesUntilSilent) this.listener.recovered()
    this.misses = 0
    this.idleMisses = 0
    this.pingAfter(this.nextDelayMs())
  }

  private onMissed(wasStopped: boolean): void {
    if (this.subject.processes().some(isFrozen)) {
      // The engine itself has frozen this sandbox.
      this.pingAfter(this.times.retryMs)
      return
    }
    const isStopped = this.resume()
    this.misses += 1
    const previous = this.signs
    const [toolbox] = this.subject.processes()
    this.signs = toolbox ? signsOf(toolbox) : { state: 'exited', cpuTicks: 0 }
    const isWorking = this.signs.state === 'working' || (previous !== null && this.signs.cpuTicks > previous.cpuTicks)
    // A toolbox that is stopped over and over runs briefly in between; that does not count as work.
    this.idleMisses = isWorking && !wasStopped && !isStopped ? 0 : this.idleMisses + 1

    const { idleMissesUntilLost, missesUntilLost, missesUntilSilent, retryMs } = this.times
    const silentMs = performance.now() - this.respondedAt
    if (this.idleMisses >= idleMissesUntilLost || this.misses >= missesUntilLost) {
      this.stop()
      this.listener.lost(silentMs)
      return
    }
    if (this.misses === missesUntilSilent) this.listener.silent(silentMs)
    this.pingAfter(retryMs)
  }

  private resume(): boolean {
    if (resumeStopped(this.subject.processes()).length === 0) return false
    this.listener.resumed()
    return true
  }
}
