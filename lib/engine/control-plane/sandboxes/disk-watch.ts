/**
 * Keeps the reserve of the disk: while less than it is free, the sandbox that grew most is stopped and told so, one after
 * the other. A sandbox that does not grow goes on. Homes are measured now and then meanwhile, so that there is something
 * to compare with. What is decided with is measured while the programs of a sandbox stand still; see `freeze.ts`.
 */
import { ProcessSnapshot } from '../../linux/process-table'
import { releaseFrozen } from '../disk/freeze'
import { membersOfSandbox } from '../disk/members'
import type { DiskReserve } from '../disk/reserve'
import { findSuspect, leastGrowth, type Observation, type Suspicion } from '../disk/suspect'
import { type Written, writtenBy, writtenSince } from '../disk/written'
import type { Sandbox } from '../sandbox/sandbox'
import { causes } from '../sandbox/stop-cause'
import type { Sandboxes } from './sandboxes'

const lookMs = 200
/** Each sandbox is measured this often, and more seldom where that takes long. */
const measureMs = 60_000
const measureShare = 50
/** One that could not be measured, because it is just being made, is tried again after this time. */
const againMs = 2_000
/** The first decision waits so many looks for free space to go down, because growth between two looks cannot be feigned. */
const maxFirstLooks = 5
/** So often in a row nobody may be blamed while free space goes down. */
const maxUnexplained = 2
const mebibyte = 1024 ** 2

/** Look until the returned function is called. */
export function watchDisk(sandboxes: Sandboxes, reserve: DiskReserve): () => void {
  for (const { folder } of sandboxes) releaseFrozen(folder)
  const watch = new DiskWatch(sandboxes, reserve)
  let isLooking = false
  const timer = setInterval(() => {
    if (isLooking) return
    isLooking = true
    watch
      .look()
      .catch((error: unknown) => console.error('the disk could not be looked at:', error))
      .finally(() => {
        isLooking = false
      })
  }, lookMs)
  timer.unref()
  return () => clearInterval(timer)
}

class DiskWatch {
  /** When each is to be measured next. */
  private readonly due = new WeakMap<Sandbox, number>()
  /** What each took when it was measured last before the disk got full: growth counts from there. */
  private before = new Map<Sandbox, number>()
  /** What each took at the last look of this emergency, while its programs stood still. */
  private frozen = new Map<Sandbox, number>()
  /** What each had written when it was measured last before the disk got full. */
  private readonly written = new WeakMap<Sandbox, Written>()
  private observations: Observation<Sandbox>[] = []
  /** Looks until the first decision of this emergency. */
  private looksLeft = 0
  private unexplained = 0
  /** Free space above the reserve at the last look for growth; null while there is room. */
  private lowest: number | null = null

  constructor(
    private readonly sandboxes: Sandboxes,
    private readonly reserve: DiskReserve,
  ) {}

  async look(): Promise<void> {
    const available = this.reserve.available()
    if (available >= 0) {
      if (this.lowest !== null) console.log('The disk has room above its reserve again.')
      this.lowest = null
      return this.measureNext()
    }
    if (this.lowest === null) {
      console.error(`The disk is below its reserve of ${this.mebibytes} MiB.`)
      this.before = new Map(this.running().map((it) => [it, it.usage?.totalBytes ?? 0]))
      this.frozen = new Map()
      this.unexplained = 0
      this.looksLeft = maxFirstLooks
      await this.observe()
      this.lowest = this.reserve.available()
      return
    }
    const isFalling = available <= this.lowest - leastGrowth
    const isDue = this.looksLeft === 1
    if (this.looksLeft > 0) this.looksLeft -= 1
    if (!isFalling && !isDue) return
    this.looksLeft = 0
    // What was taken at once is known from the first look.
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

  /** One at a time: to look at all of them at once would be felt. */
  private async measureNext(): Promise<void> {
    const now = performance.now()
    const next = this.running().find((it) => (this.due.get(it) ?? 0) <= now)
    if (!next) return
    const found = await next.measure()
    if (found) this.written.set(next, writtenBy(next.folder, new ProcessSnapshot()))
    const tookMs = performance.now() - now
    this.due.set(next, performance.now() + Math.max(found ? measureMs : againMs, tookMs * measureShare))
  }

  private async observe(): Promise<void> {
    const snapshot = new ProcessSnapshot()
    // What is only just being started has nothing that runs, and so nothing that fills the disk.
    const running = this.running().filter(({ folder }) => membersOfSandbox(folder, snapshot))
    const observations = await Promise.all(running.map((sandbox) => this.observeOne(sandbox, snapshot)))
    // One that ended meanwhile cannot be measured, and is no suspect.
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
    // One that was started since then counts from now on.
    const before = this.before.get(sandbox) ?? bytes
    this.before.set(sandbox, before)
    return { subject: sandbox, growth: bytes - before, recentGrowth: last === undefined ? null : bytes - last, written }
  }

  private async stopSuspect(isFalling: boolean): Promise<void> {
    const suspect = findSuspect(this.observations, isFalling && this.unexplained >= maxUnexplained)
    if (!suspect) {
      this.unexplained += 1
      console.error('No sandbox that runs has grown: something else fills the disk.')
      return
    }
    const { subject: sandbox, why, bytes } = suspect
    const name = JSON.stringify(sandbox.record.name)
    console.error(`The sandbox ${name} ${logged[why]} (${Math.ceil(bytes / mebibyte)} MiB); it is stopped.`)
    this.unexplained = 0
    await sandbox.stop(causes.disk(this.mebibytes, why), true)
    // Who starts it to delete files does not find it stopped for the same growth again.
    await sandbox.measure()
    for (const known of [this.before, this.frozen, this.written]) known.delete(sandbox)
    this.observations = this.observations.filter(({ subject }) => subject !== sandbox)
    this.lowest = Math.min(0, this.reserve.available())
  }
}

const logged: Record<Suspicion, string> = {
  grew: 'grew most',
  'not-measurable': 'could not be measured in time and wrote most of those',
  wrote: 'wrote most while free space went down',
}
