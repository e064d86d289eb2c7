/**
 * One sandbox from its creation to its deletion: what a person wants of it, the toolbox that runs it, and how the two
 * are brought together. A toolbox that dies is started again; what it ran is then `lost`, never a success.
 */
import { existsSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from '@/lib/process-api/errors'
import type { NetworkPolicy } from '@/lib/process-api/network-policy'
import type { DiskUsage, IsolationReport, SandboxDto, SandboxListItem, SandboxState } from '@/lib/process-api/sandbox'
import type { Isolation, Resources, SandboxFolder } from '../../isolation/isolation'
import { LimitError } from '../../isolation/limits/limits'
import { repairHome } from '../../isolation/sandbox-folder'
import { type CopyMeter, CopyTracker } from '../disk/copy-tracker'
import { type FrozenUsage, measureFrozen, measureSandbox } from '../disk/measure'
import type { DiskReserve } from '../disk/reserve'
import { DiskReader } from './disk-reader'
import { copyHome } from './home-copy'
import { KeptRecord } from './kept-record'
import { withNetworkWish } from './network-wish'
import { withPreviewNotices } from './preview-notices'
import { removeTree } from './remove-tree'
import { toDto, toListItem } from './sandbox-dto'
import { toolboxVariables } from './sandbox-environment'
import { newAuthToken, type SandboxRecord } from './sandbox-record'
import type { SandboxStore } from './sandbox-store'
import { keepSeed, unpackSeed } from './seed'
import { StartWaiters } from './start-waiters'
import { causes, type StopCause } from './stop-cause'
import { endToolbox, launchToolbox, type Toolbox } from './toolbox-launch'
import type { ToolboxLink } from './toolbox-link'
import { ToolboxWatch } from './toolbox-watch'

/** How long a toolbox may take to hear what changed around it. */
const tellTimeoutMs = 2_000
/** Wait before the n-th start in a row that failed or died young. */
const backoffMs = [0, 100, 500, 2_000, 5_000, 10_000]
/** A toolbox that lived so long gets a fresh start without waiting. */
const settledMs = 30_000
/** A toolbox takes its environment at once, or it hangs. */
const handOutMs = 5_000

export interface SandboxSurroundings {
  readonly isolation: Isolation
  readonly notices: readonly string[]
  readonly store: SandboxStore
  readonly reserve: DiskReserve
  /** Throws where no further sandbox may run. */
  checkStart(sandbox: Sandbox): void
  /** `http://…/toolbox`, for answers that no request asked for. */
  toolboxProxyUrl(): string
  /** Called after every change that a client can see, with the state before. */
  changed(sandbox: Sandbox, oldState: SandboxState): void
}

export class Sandbox {
  readonly folder: SandboxFolder
  private now: SandboxState
  /** What is being done to it: shown as its state, though everything in it goes on. */
  private during: 'snapshotting' | 'forking' | 'resizing' | null = null
  private errorReason: string | null = null
  private toolbox: Toolbox | null = null
  /** The toolbox that is being ended. */
  private ending: Toolbox | null = null
  private readonly disk: DiskReader
  /** Starts, stops and deletions happen one after the other. */
  private queue: Promise<unknown> = Promise.resolve()
  private failures = 0
  private readonly kept: KeptRecord
  private readonly gone = new AbortController()
  private readonly waiters = new StartWaiters()
  private readonly watch: ToolboxWatch
  private readonly copies = new CopyTracker(() => this.around.changed(this, this.state))
  private measured: DiskUsage | null = null

  constructor(
    readonly record: SandboxRecord,
    private readonly around: SandboxSurroundings,
    state?: SandboxState,
  ) {
    this.folder = around.store.folderOf(record.id)
    this.kept = new KeptRecord(record, around.store)
    this.watch = new ToolboxWatch(record, () => around.changed(this, this.state))
    this.disk = new DiskReader(
      record,
      this.folder,
      () => this.isolation,
      () => around.store.stateKeyOf(record.id),
    )
    this.now = state ?? (record.desired === 'started' ? 'starting' : 'stopped')
  }

  get state(): SandboxState {
    return this.during ?? this.now
  }

  get isolation(): IsolationReport {
    const { isolation } = this.around
    const { network } = this.record
    return withNetworkWish(this.toolbox?.process.report ?? isolation.reportFor(network), network, isolation)
  }

  cannotEnforce(network: NetworkPolicy): string | null {
    return this.around.isolation.cannotEnforce(network)
  }

  toDto(toolboxProxyUrl = this.around.toolboxProxyUrl()): SandboxDto {
    return toDto(this.record, this.visible(), toolboxProxyUrl)
  }

  toListItem(toolboxProxyUrl: string): SandboxListItem {
    return toListItem(this.record, this.visible(), toolboxProxyUrl)
  }

  /** The way to the running toolbox. Throws what a client should be told when there is none. */
  requireLink(): ToolboxLink {
    if (this.now === 'started' && this.toolbox) return this.toolbox.link
    const { name } = this.record
    if (this.now === 'starting' || this.now === 'creating')
      throw new ApiError('SERVICE_UNAVAILABLE', `the sandbox ${name} is starting; try again in a moment`)
    if (this.now === 'error') {
      throw new ApiError(
        'SERVICE_UNAVAILABLE',
        `the sandbox ${name} could not be started: ${this.errorReason ?? 'unknown'}`,
      )
    }
    throw new ApiError('CONFLICT', `the sandbox ${name} is ${this.now}; start it first`)
  }

  /** As `requireLink`, but a sandbox that is on its way up is waited for, within reason. */
  async link(): Promise<ToolboxLink> {
    if (this.now === 'starting' || this.now === 'creating') await this.waiters.settled()
    if (this.now === 'started') this.watch.requireAnswers()
    return this.requireLink()
  }

  /** Work with the running toolbox that must not meet a start, a stop or other such work. Rejects as `requireLink`. */
  inTurnWithToolbox<T>(work: (link: ToolboxLink) => Promise<T>): Promise<T> {
    return this.runExclusive(() => work(this.requireLink()))
  }

  /** Make a toolbox give the record's environment to what it starts from now on. */
  async handOutEnvironment(link: Pick<ToolboxLink, 'ask'>): Promise<void> {
    const env = { ...this.around.isolation.childEnv, ...toolboxVariables(this.record) }
    await link.ask('POST', '/internal/claim', { sandboxId: this.record.id, env }, handOutMs)
  }

  /** Take over the toolbox of an earlier engine. */
  adopt(toolbox: Toolbox): void {
    this.follow(toolbox)
    this.become('started')
  }

  /** Take a warm toolbox, which knows nothing of this sandbox's limits and files yet. */
  take(toolbox: Toolbox): Promise<void> {
    return this.runExclusive(() => this.bringUp(() => this.prepared(toolbox, this.record)))
  }

  /** Get files for its home before it starts for the first time. Rejects when they are not whole. */
  receive(copy: (file: string, gone: AbortSignal, meter: CopyMeter) => Promise<void>): Promise<void> {
    return this.runExclusive(() =>
      this.copies.during('fork', (meter) =>
        keepSeed(this.around.store, this.record, (file, gone) => copy(file, gone, meter), this.gone.signal),
      ),
    )
  }

  /**
   * Copy its home into a new file, while what runs in it goes on. Rejects with what a client should be told.
   * @param cancelled aborted when nobody wants the copy any more
   * @param other the meter of whoever gets the copy
   */
  copyHome(file: string, as: 'snapshotting' | 'forking', cancelled: AbortSignal, other?: CopyMeter): Promise<void> {
    const signal = AbortSignal.any([this.gone.signal, cancelled])
    const work = async (meter: CopyMeter) => {
      const size = (await this.measure(signal))?.homeBytes ?? null
      signal.throwIfAborted()
      for (const each of [meter, other]) each?.expect(size)
      // A fork exists twice for a moment: as an archive, and unpacked.
      this.around.reserve.require((size ?? 0) * (as === 'forking' ? 2 : 1), 'the copy')
      const counted = (bytes: number) => {
        for (const each of [meter, other]) each?.counted(bytes)
      }
      await this.around.reserve.guard('the copy', signal, (guarded) =>
        copyHome(this.folder.home, this.toolbox?.link ?? null, file, { signal: guarded, counted }),
      )
    }
    return this.runExclusive(async () => {
      if (!['started', 'stopped', 'error'].includes(this.now)) throw inTransition()
      await this.whileShown(as, () => this.copies.during(as === 'forking' ? 'fork' : 'snapshot', work))
    }, signal)
  }

  /** Throws `INSUFFICIENT_STORAGE` where so many bytes more in its home would touch the reserve of the disk. */
  requireDiskRoom(bytes: number): void {
    this.around.reserve.require(bytes, 'the upload')
  }

  /** As it was measured last; null before the first time. */
  get usage(): DiskUsage | null {
    return this.measured
  }

  /** Measure what it takes of the disk; null where that cannot be done now. */
  async measure(signal?: AbortSignal): Promise<DiskUsage | null> {
    return this.noteUsage(await measureSandbox(this.folder, signal))
  }

  /** The same while none of its programs runs, so that they cannot take part. */
  async measureFrozen(): Promise<FrozenUsage | null> {
    const found = await measureFrozen(this.folder)
    this.noteUsage(found?.usage ?? null)
    return found
  }

  private noteUsage(found: DiskUsage | null): DiskUsage | null {
    if (found === null) return null
    const before = this.measured
    this.measured = found
    if (before?.totalBytes !== found.totalBytes && this.now !== 'destroyed') this.around.changed(this, this.state)
    return found
  }

  /** Change what it may use, now where it runs. Throws when that cannot be saved or enforced; then nothing changed. */
  resize(wanted: Resources): Promise<void> {
    return this.runExclusive(async () => {
      const before = resourcesOf(this.record)
      const after = resourcesOf(wanted)
      await this.whileShown('resizing', async () => {
        await this.limit(after)
        try {
          this.update(after)
        } catch (error) {
          await this.limit(before)
          throw error
        }
      })
    })
  }

  /** Change what it may reach. Where that has to wait for the next start, `isolation` says so until then. */
  setNetwork(network: NetworkPolicy): Promise<void> {
    return this.runExclusive(async () => {
      const before = this.record.network
      await this.turnNetwork(network)
      try {
        this.update({ network })
      } catch (error) {
        await this.turnNetwork(before)
        throw error
      }
    })
  }

  /** Bring it up and wait until it answers. A sandbox that is up stays as it is. */
  start(): Promise<void> {
    return this.runExclusive(async () => {
      if (this.now === 'started') return
      this.around.checkStart(this)
      this.failures = 0
      this.watch.forget()
      this.kept.wantStarted(newAuthToken())
      await this.launch()
    })
  }

  /** End everything that runs in it: in order where the toolbox still answers, at once with `force`. Files stay. */
  stop(cause: StopCause, force = false): Promise<void> {
    return this.runExclusive(async () => {
      if (this.now === 'stopped') return
      this.kept.wantStopped(cause)
      this.become('stopping')
      await this.end(force)
      this.become('stopped')
    })
  }

  /** Stop because the engine stops: a start under way is given up, and no other one follows. */
  shutDown(): Promise<void> {
    this.gone.abort(new ApiError('SERVICE_UNAVAILABLE', 'the engine stops'))
    return this.runExclusive(async () => {
      if (this.now === 'stopped') return
      this.kept.wantStopped(causes.engineStopped)
      await this.end(false)
      this.become('stopped')
    })
  }

  /** Send what runs its end, without waiting for anything. */
  killNow(): void {
    void (this.toolbox ?? this.ending)?.process.kill()
  }

  /** End everything and remove every file. */
  destroy(cause: StopCause): Promise<void> {
    this.gone.abort(new ApiError('CONFLICT', `the sandbox ${this.record.name} is being deleted`))
    return this.runExclusive(async () => {
      this.kept.wantDestroyed(cause)
      this.become('destroying')
      await this.end(true)
      await this.around.store.remove(this.record.id)
      this.become('destroyed')
    })
  }

  /** Remove one that never came to be, whatever became of it meanwhile. */
  async abandon(): Promise<void> {
    // It may be deleted already, by a person or with the engine.
    await this.destroy(causes.notMade).catch(() => {})
  }

  noteActivity(): void {
    this.kept.noteActivity()
  }

  /** Change what is kept; saved before anybody is told. Throws when it cannot be saved, and then nothing changed. */
  update(change: Partial<SandboxRecord>): void {
    this.kept.change({ ...change, updatedAt: new Date().toISOString() })
    this.around.changed(this, this.state)
  }

  /** As `update`, for what no answer about the sandbox shows. */
  updateQuietly(change: Partial<SandboxRecord>): void {
    this.kept.change(change)
  }

  /** Keep why it does not run, which nobody asked for. */
  noteStop(cause: StopCause): void {
    this.kept.noteStop(cause)
    this.kept.save()
  }

  /** Answer a read of a sandbox that does not run from its files; false where that cannot be done. */
  async answerFromDisk(request: IncomingMessage, response: ServerResponse, url: string): Promise<boolean> {
    if (this.now !== 'stopped' || request.method !== 'GET') return false
    return this.disk.answer(request, response, url)
  }

  /** The same for a WebSocket that follows a journal. */
  upgradeFromDisk(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean {
    if (this.now !== 'stopped') return false
    return this.disk.upgrade(request, socket, head, url)
  }

  private async limit(resources: Resources): Promise<void> {
    try {
      await this.toolbox?.process.limit(resources)
    } catch (error) {
      if (!(error instanceof LimitError)) throw error
      throw new ApiError('CONFLICT', error.message, {}, { cause: error })
    }
  }

  /** Put a network policy in force where something runs, as far as that can be done while it does. */
  async turnNetwork(network: NetworkPolicy, toolbox = this.toolbox): Promise<void> {
    const { process, link } = toolbox ?? {}
    if (!process?.setNetwork) return
    try {
      await process.setNetwork(network)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new ApiError('SERVICE_UNAVAILABLE', `the network could not be changed: ${reason}`, {}, { cause: error })
    }
    // What a toolbox says of itself follows; when it is too busy to listen, the network has changed all the same.
    await link?.ask('POST', '/internal/claim', { isolation: process.report }, tellTimeoutMs).catch((error: unknown) => {
      console.error(`the toolbox of sandbox ${this.record.id} was not told of its network:`, error)
    })
  }

  private visible() {
    const isolation = withPreviewNotices(this.isolation, this.around.notices)
    return {
      state: this.state,
      errorReason: this.errorReason,
      isolation,
      toolboxNotice: this.watch.notice,
      diskUsage: this.measured,
      copy: this.copies.progress,
    }
  }

  /** @param cancelled ends the wait for its turn at once; after that it is up to the work */
  private runExclusive<T>(work: () => Promise<T>, cancelled?: AbortSignal): Promise<T> {
    let hasBegun = false
    const result = this.queue.then(() => {
      hasBegun = true
      cancelled?.throwIfAborted()
      if (this.now === 'destroyed')
        throw new ApiError('NOT_FOUND', `Sandbox with ID or name ${this.record.id} not found`)
      return work()
    })
    this.queue = result.catch(() => {})
    if (!cancelled) return result
    return new Promise((resolve, reject) => {
      result.then(resolve, reject)
      cancelled.addEventListener('abort', () => !hasBegun && reject(cancelled.reason), { once: true })
    })
  }

  private launch(): Promise<void> {
    const { isolation, store } = this.around
    const stateKey = store.stateKeyOf(this.record.id)
    this.disk.forget()
    return this.bringUp(async () =>
      this.prepared(await launchToolbox(isolation, { ...this.record, stateKey }, this.folder, this.gone.signal)),
    )
  }

  private async bringUp(make: () => Promise<Toolbox>): Promise<void> {
    this.become('starting')
    try {
      this.follow(await make())
      this.become('started')
    } catch (error) {
      this.toolbox = null
      this.errorReason = error instanceof Error ? error.message : String(error)
      // Who deletes a sandbox while it starts has asked for that.
      if (!this.gone.signal.aborted) console.error(`sandbox ${this.record.id} could not be started:`, error)
      this.become('error')
      throw new ApiError(
        'SERVICE_UNAVAILABLE',
        `the sandbox ${this.record.name} could not be started: ${this.errorReason}`,
      )
    }
  }

  /** Files that wait for the first start are put into its home before anybody can see it. */
  private async prepared(toolbox: Toolbox, limits?: Resources): Promise<Toolbox> {
    try {
      if (limits) await toolbox.process.limit(resourcesOf(limits))
      await this.unpack(toolbox.link)
      return toolbox
    } catch (error) {
      await endToolbox(toolbox, true)
      // What was unpacked of a copy is not a home.
      if (existsSync(this.around.store.seedOf(this.record.id))) await removeTree(this.folder.home)
      throw error
    }
  }

  private async unpack(link: ToolboxLink): Promise<void> {
    const { store, reserve } = this.around
    const seed = statSync(store.seedOf(this.record.id), { throwIfNoEntry: false })
    if (!seed) return
    await this.copies.during('restore', async ({ expect, counted }) => {
      expect(seed.size)
      await reserve.guard('the copy', this.gone.signal, (signal) =>
        unpackSeed(store, this.record, link, { signal, counted }),
      )
    })
    // The copy of a home that its owner had locked is locked again.
    repairHome(this.folder.home)
  }

  private follow(toolbox: Toolbox): void {
    this.toolbox = toolbox
    this.watch.begin(toolbox)
    const since = performance.now()
    void toolbox.process.ended.then(({ how, byMemory }) => {
      if (this.toolbox !== toolbox) return
      this.toolbox = null
      const silence = this.watch.end()
      toolbox.link.close()
      if (this.record.desired !== 'started' || this.gone.signal.aborted) return
      const cause = byMemory ? causes.memory(this.record.memory) : (silence ?? causes.toolboxDied(how))
      this.noteStop(cause)
      this.watch.restarted(cause)
      this.failures = performance.now() - since > settledMs ? 0 : this.failures + 1
      console.error(`The toolbox of sandbox ${this.record.id} ended (${how}); it is started again.`)
      this.revive()
    })
  }

  private revive(): void {
    this.become('starting')
    const wait = backoffMs[Math.min(this.failures, backoffMs.length - 1)] ?? 0
    void sleep(wait, undefined, { signal: this.gone.signal, ref: false })
      .then(() =>
        this.runExclusive(async () => {
          if (this.now === 'starting' && this.record.desired === 'started' && !this.toolbox) await this.launch()
        }),
      )
      .catch((error: unknown) => {
        if (!this.gone.signal.aborted) console.error(`sandbox ${this.record.id} stays down:`, error)
      })
  }

  private async end(force: boolean): Promise<void> {
    const toolbox = this.toolbox
    this.toolbox = null
    this.watch.end()
    this.ending = toolbox
    if (toolbox) await endToolbox(toolbox, force)
    // A launch that failed half-way has no process of which we know.
    else await this.around.isolation.sweep(this.record.id)
    this.ending = null
  }

  private become(state: SandboxState): void {
    const before = this.state
    this.now = state
    if (state !== 'error') this.errorReason = null
    if (state !== 'starting' && state !== 'creating') this.waiters.release()
    if (before !== this.state) this.around.changed(this, before)
  }

  private async whileShown<Result>(as: NonNullable<typeof this.during>, work: () => Promise<Result>): Promise<Result> {
    const before = this.state
    this.during = as
    this.around.changed(this, before)
    try {
      return await work()
    } finally {
      this.during = null
      this.around.changed(this, as)
    }
  }
}

function resourcesOf({ cpu, memory, disk }: Resources): Resources {
  return { cpu, memory, disk }
}

export function inTransition(): ApiError {
  return new ApiError('CONFLICT', 'Sandbox state change in progress')
}
