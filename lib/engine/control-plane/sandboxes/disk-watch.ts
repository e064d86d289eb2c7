/**
 * Protects the disk reserve: while free space is below it, the sandbox that grew most is stopped, one after another.
 * Sandboxes that do not grow keep running. Homes are also measured in between, as a basis for comparison. Measurements that
 * lead to a decision are made while the programs of a sandbox are frozen; see `freeze.ts`.
 */
import { log } from '@/lib/log/log'
import { ProcessSnapshot } from '../../linux/process-table'
import { releaseFrozen } from '../disk/freeze'
import type { DiskReserve } from '../disk/reserve'
import { processesOfSandbox } from '../disk/sandbox-processes'
import { findSuspect, minGrowth, type Observation, type Suspicion } from '../disk/suspect'
import { type WrittenBytes, writtenBy, writtenSince } from '../disk/written-bytes'
import type { Sandbox } from '../sandbox/sandbox'
import { causes } from '../sandbox/stop-cause'
import type { Sandboxes } from './sandboxes'

const checkIntervalMs = 200
/** Each sandbox is measured this often, and less often when measuring takes long. */
const measureIntervalMs = 60_000
const measureDutyFactor = 50
const maxSnapshotAgeMs = 10_000
/** A sandbox that has written nothing is measured this often: it may still have deleted something. */
const maxUnchangedMs = 5 * 60_000
/** The toolbox's responses to health checks are written too. */
const maxIdleBytes = 4_096
/** Delay before retrying a sandbox that could not be measured, as while it is being created. */
const retryMs = 2_000
/** Checks that the first decision waits for free space to fall, since growth between two checks cannot be faked. */
const maxFirstChecks = 5
/** Checks in a row without a suspect while free space falls; after that, the largest writer is stopped. */
const maxUnexplained = 2
const mebibyte = 1024 ** 2

/** Check the disk at an interval until the returned function is called. */
export function watchDisk(sandboxes: Sandboxes, reserve: DiskReserve): () => void {
  for (const { folder } of sandboxes) releaseFrozen(folder)
  const watch = new DiskWatch(sandboxes, reserve)
  let isChecking = false
  const timer = setInterval(() => {
    if (isChecking) return
    isChecking = true
    watch
      .check()
      .catch((error: unknown) => log.error({ err: error }, 'checking the disk failed'))
      .finally(() => {
        isChecking = false
      })
  }, checkIntervalMs)
  timer.unref()
  return () => clearInterval(timer)
}

class DiskWatch {
  /** When each sandbox is due for its next measurement. */
  private readonly due = new WeakMap<Sandbox, number>()
  /** Usage at the last measurement before the disk ran low: the basis for growth. */
  private before = new Map<Sandbox, number>()
  /** Usage at the last check of this shortage, measured while frozen. */
  private frozen = new Map<Sandbox, number>()
  /** Bytes written until the last measurement before the disk ran low. */
  private readonly written = new WeakMap<Sandbox, WrittenBytes>()
  private observations: Observation<Sandbox>[] = []
  private readonly measuredAt = new WeakMap<Sandbox, number>()
  private snapshot: { at: number; processes: ProcessSnapshot } | null = null
  /** Checks left until the first decision of this shortage. */
  private checksLeft = 0
  private unexplained = 0
  /** Free space above the reserve at the last growth check; null while there is enough. */
  private lowest: number | null = null

  constructor(
    private readonly sandboxes: Sandboxes,
    private readonly reserve: DiskReserve,
  ) {}

  async check(): Promise<void> {
    const available = this.reserve.available()
    if (available >= 0) {
      if (this.lowest !== null) log.info('The disk has free space above its reserve again.')
      this.lowest = null
      return this.measureNext()
    }
    if (this.lowest === null) {
      log.error(`The disk is below its reserve of ${this.mebibytes} MiB.`)
      this.before = new Map(this.running().map((it) => [it, it.usage?.totalBytes ?? 0]))
      this.frozen = new Map()
      this.unexplained = 0
      this.checksLeft = maxFirstChecks
      await this.observe()
      this.lowest = this.reserve.available()
      return
    }
    const isFalling = available <= this.lowest - minGrowth
    const isDue = this.checksLeft === 1
    if (this.checksLeft > 0) this.checksLeft -= 1
    if (!isFalling && !isDue) return
    this.checksLeft = 0
    // A sudden allocation was already measured by the first check.
    if (isFalling) await this.observe()
    this.lowest = Math.min(available, this.reserve.available())
    await this.stopSuspect(isFalling)
  }

  private get mebibytes(): number {
    return Math.ceil(this.reserve.bytes / mebibyte)
  }

  private running(): Sandbox[] {
    return [...this.sandboxes].filter(({ record, state }) => record.desired === 'started' && state !== 'error')
  }

  /** One at a time: measuring all of them at once would slow the machine. */
  private async measureNext(): Promise<void> {
    const now = performance.now()
    const next = this.running().find((it) => (this.due.get(it) ?? 0) <= now)
    if (!next) return
    const written = writtenBy(next.folder, this.recentSnapshot())
    const known = this.written.get(next)
    const measuredAt = this.measuredAt.get(next) ?? Number.NEGATIVE_INFINITY
    if (known && isUnchanged(writtenSince(known, written)) && now - measuredAt < maxUnchangedMs) {
      this.due.set(next, now + measureIntervalMs)
      return
    }
    const found = await next.measure()
    if (found) {
      this.written.set(next, written)
      this.measuredAt.set(next, now)
    }
    const tookMs = performance.now() - now
    this.due.set(next, performance.now() + Math.max(found ? measureIntervalMs : retryMs, tookMs * measureDutyFactor))
  }

  /**
   * Reading all processes of the machine for each sandbox would take a core's twentieth with a hundred sandboxes. What
   * started since then counts as written later.
   */
  private recentSnapshot(): ProcessSnapshot {
    const now = performance.now()
    if (this.snapshot === null || now - this.snapshot.at > maxSnapshotAgeMs) {
      this.snapshot = { at: now, processes: new ProcessSnapshot() }
    }
    return this.snapshot.processes
  }

  private async observe(): Promise<void> {
    const snapshot = new ProcessSnapshot()
    // A sandbox that is just starting runs nothing yet and cannot fill the disk.
    const running = this.running().filter(({ folder }) => processesOfSandbox(folder, snapshot))
    const observations = await Promise.all(running.map((sandbox) => this.observeOne(sandbox, snapshot)))
    // A sandbox that stopped meanwhile cannot be measured and is not a suspect.
    const now = new Set(this.running())
    this.observations = observations.filter(({ subject }) => now.has(subject))
  }

  private async observeOne(sandbox: Sandbox, snapshot: ProcessSnapshot): Promise<Observation<Sandbox>> {
    const written = writtenSince(this.written.get(sandbox), writtenBy(sandbox.folder, snapshot))
    const found = await sandbox.measureFrozen()
    const last = this.frozen.get(sandbox)
    this.frozen.delete(sandbox)
    if (found === null) return { subject: sandbox, growth: null, recentGrowth: null, written }
    const bytes = found.usage.totalBytes + found.deletedBytes
    this.frozen.set(sandbox, bytes)
    // A sandbox that started since then is measured from now on.
    const before = this.before.get(sandbox) ?? bytes
    this.before.set(sandbox, before)
    return { subject: sandbox, growth: bytes - before, recentGrowth: last === undefined ? null : bytes - last, written }
  }

  private async stopSuspect(isFalling: boolean): Promise<void> {
    const suspect = findSuspect(this.observations, isFalling && this.unexplained >= maxUnexplained)
    if (!suspect) {
      this.unexplained += 1
      log.error('No running sandbox has grown; something else is filling the disk.')
      return
    }
    const { subject: sandbox, why, bytes } = suspect
    const name = JSON.stringify(sandbox.record.name)
    log.error(`The sandbox ${name} ${logTexts[why]} (${Math.ceil(bytes / mebibyte)} MiB) and will be stopped.`)
    this.unexplained = 0
    await sandbox.stop(causes.disk(this.mebibytes, why), true)
    // Measure again, so that a restart to delete files is not stopped for the same growth.
    await sandbox.measure()
    for (const known of [this.before, this.frozen, this.written]) known.delete(sandbox)
    this.observations = this.observations.filter(({ subject }) => subject !== sandbox)
    this.lowest = Math.min(0, this.reserve.available())
  }
}

function isUnchanged({ disk, calls }: WrittenBytes): boolean {
  return disk === 0 && calls < maxIdleBytes
}

const logTexts: Record<Suspicion, string> = {
  grew: 'grew most',
  'not-measurable': 'could not be measured in time and wrote most among such sandboxes',
  wrote: 'wrote most while free space fell',
}
