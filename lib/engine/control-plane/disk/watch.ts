/**
 * Keeps the reserve of the disk: while less than it is free, the sandbox that grew most is stopped and told so, one after
 * the other. A sandbox that does not grow goes on. Homes are measured now and then meanwhile, so that there is something
 * to compare with.
 */
import { ProcessSnapshot } from '../../toolbox/process/process-table'
import type { Sandbox } from '../sandbox'
import type { Sandboxes } from '../sandboxes'
import { causes } from '../stop-cause'
import { deletedBytes } from './deleted-files'
import type { DiskReserve } from './reserve'

const lookMs = 200
/** Each sandbox is measured this often, and more seldom where that takes long. */
const measureMs = 60_000
const measureShare = 50
/** One that could not be measured, because it is just being made, is tried again after this time. */
const againMs = 2_000
/** What programs write by the way, as to a log, is no reason to stop them. */
const leastGrowth = 1024 ** 2
const mebibyte = 1024 ** 2

/** Look until the returned function is called. */
export function watchDisk(sandboxes: Sandboxes, reserve: DiskReserve): () => void {
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
    } else if (available > this.lowest - leastGrowth) {
      return
    }
    this.lowest = available
    await this.stopGrowing()
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
    const tookMs = performance.now() - now
    this.due.set(next, performance.now() + Math.max(found ? measureMs : againMs, tookMs * measureShare))
  }

  private async stopGrowing(): Promise<void> {
    const snapshot = new ProcessSnapshot()
    const grown = await Promise.all(
      this.running().map(async (sandbox) => {
        const bytes = (await sandbox.measure())?.totalBytes ?? 0
        const hidden = deletedBytes(sandbox.folder, snapshot)
        // One that was started since then counts from now on.
        const before = this.before.get(sandbox) ?? bytes
        this.before.set(sandbox, before)
        return { sandbox, growth: bytes + hidden - before }
      }),
    )
    const [most] = grown.sort((a, b) => b.growth - a.growth)
    if (!most || most.growth < leastGrowth) {
      console.error('No sandbox that runs has grown: something else fills the disk.')
      return
    }
    const { sandbox, growth } = most
    const name = JSON.stringify(sandbox.record.name)
    console.error(`The sandbox ${name} grew by ${Math.ceil(growth / mebibyte)} MiB; it is stopped.`)
    await sandbox.stop(causes.disk(this.mebibytes), true)
    // Who starts it to delete files does not find it stopped for the same growth again.
    await sandbox.measure()
    this.before.delete(sandbox)
    this.lowest = Math.min(0, this.reserve.available())
  }
}
