/**
 * One sandbox from its creation to its deletion. The record holds what clients requested; the supervisor keeps a toolbox
 * running accordingly. When a toolbox exits unexpectedly it is restarted, and what it ran is then `lost`, never a success.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { ApiError } from '@/lib/process-api/errors'
import type { NetworkPolicy } from '@/lib/process-api/network-policy'
import type { DiskUsage, IsolationReport, SandboxDto, SandboxListItem, SandboxState } from '@/lib/process-api/sandbox'
import type { Isolation, Resources, SandboxFolder } from '../../isolation/isolation'
import type { CopyMeter } from '../disk/copy-tracker'
import { type FrozenUsage, measureFrozen, measureSandbox } from '../disk/measure'
import type { DiskReserve } from '../disk/reserve'
import { tidyArchive } from './archive'
import { DiskReader } from './disk-reader'
import { ExclusiveQueue } from './exclusive-queue'
import { HomeTransfers } from './home-transfers'
import { withPreviewNotices } from './preview-notices'
import { withRequestedPolicy } from './requested-policy'
import { toDto, toListItem } from './sandbox-dto'
import type { SandboxRecord } from './sandbox-record'
import { SandboxStatus } from './sandbox-status'
import type { SandboxStore } from './sandbox-store'
import { SavedRecord } from './saved-record'
import { causes, type StopCause } from './stop-cause'
import type { Toolbox } from './toolbox-launch'
import type { ToolboxLink } from './toolbox-link'
import { resourcesOf, ToolboxSupervisor } from './toolbox-supervisor'

export interface SandboxDeps {
  readonly isolation: Isolation
  readonly notices: readonly string[]
  readonly store: SandboxStore
  readonly reserve: DiskReserve
  /** The folder with the programs of the toolbox. */
  readonly assetsDir?: string | undefined
  /** Throws when no further sandbox may run. */
  checkStart(sandbox: Sandbox): void
  /** `http://…/toolbox`, for DTOs that are sent without a request, as in events. */
  toolboxProxyUrl(): string
  /** Called after every change that clients can see, with the state before. */
  changed(sandbox: Sandbox, oldState: SandboxState): void
}

export class Sandbox {
  readonly folder: SandboxFolder
  private readonly saved: SavedRecord
  private readonly status: SandboxStatus
  private readonly queue: ExclusiveQueue
  private readonly transfers: HomeTransfers
  private readonly supervisor: ToolboxSupervisor
  private readonly disk: DiskReader
  /** Aborted when the sandbox is deleted or the engine shuts down. */
  private readonly abort = new AbortController()
  private measured: DiskUsage | null = null

  constructor(
    readonly record: SandboxRecord,
    private readonly deps: SandboxDeps,
    state: SandboxState = record.desired === 'started' ? 'starting' : restingState(record),
  ) {
    const { isolation, store, reserve } = deps
    const { signal } = this.abort
    const notify = () => deps.changed(this, this.state)
    this.folder = store.folderOf(record.id)
    this.saved = new SavedRecord(record, store)
    this.status = new SandboxStatus(state, (previous) => deps.changed(this, previous))
    this.queue = new ExclusiveQueue(() => this.requireExisting())
    this.transfers = new HomeTransfers({ saved: this.saved, folder: this.folder, store, reserve, signal, notify })
    this.disk = new DiskReader(
      record,
      this.folder,
      () => this.isolation,
      () => store.stateKeyOf(record.id),
      undefined,
      deps.assetsDir,
    )
    this.supervisor = new ToolboxSupervisor({
      saved: this.saved,
      folder: this.folder,
      isolation,
      store,
      status: this.status,
      queue: this.queue,
      transfers: this.transfers,
      signal,
      onLaunch: () => this.disk.unload(),
      notify,
    })
  }

  /** The state that clients see. */
  get state(): SandboxState {
    return this.status.visible
  }

  get isolation(): IsolationReport {
    const { isolation } = this.deps
    const { network } = this.record
    const report = this.supervisor.running?.process.report ?? isolation.reportFor(network)
    return withRequestedPolicy(report, network, isolation)
  }

  cannotEnforce(network: NetworkPolicy): string | null {
    return this.deps.isolation.cannotEnforce(network)
  }

  toDto(toolboxProxyUrl = this.deps.toolboxProxyUrl()): SandboxDto {
    return toDto(this.record, this.liveStatus(), toolboxProxyUrl)
  }

  toListItem(toolboxProxyUrl: string): SandboxListItem {
    return toListItem(this.record, this.liveStatus(), toolboxProxyUrl)
  }

  /** The connection to the running toolbox. Throws an error for the client when there is none. */
  requireLink(): ToolboxLink {
    const state = this.status.current
    const { running } = this.supervisor
    if (state === 'started' && running) return running.link
    const { name } = this.record
    if (this.status.isStarting) {
      throw new ApiError('SERVICE_UNAVAILABLE', `the sandbox ${name} is starting; try again in a moment`)
    }
    if (state === 'error') {
      const reason = this.status.errorReason ?? 'unknown'
      throw new ApiError('SERVICE_UNAVAILABLE', `the sandbox ${name} could not be started: ${reason}`)
    }
    throw new ApiError('CONFLICT', `the sandbox ${name} is ${state}; start it first`)
  }

  /** Like `requireLink`, but waits for a sandbox that is starting, up to a limit. */
  async link(): Promise<ToolboxLink> {
    await this.status.settled()
    if (this.status.current === 'started') this.supervisor.requireResponsive()
    return this.requireLink()
  }

  /** Run `work` exclusively, never during a start or stop. Rejects like `requireLink`. */
  runExclusiveWithToolbox<T>(work: (link: ToolboxLink) => Promise<T>): Promise<T> {
    return this.queue.run(() => work(this.requireLink()))
  }

  /** Send the record's environment to a toolbox, for processes started from now on. */
  pushEnvironment(link: Pick<ToolboxLink, 'call'>): Promise<void> {
    return this.supervisor.pushEnvironment(link)
  }

  /** Apply a network policy to running processes, as far as that is possible without a restart. Throws 503. */
  applyNetwork(network: NetworkPolicy, toolbox?: Toolbox): Promise<void> {
    return this.supervisor.applyNetwork(network, toolbox)
  }

  /** Take over the toolbox of an earlier engine. */
  adopt(toolbox: Toolbox): void {
    this.supervisor.adopt(toolbox)
  }

  /** Use a warm toolbox, which has neither this sandbox's limits nor its files yet. */
  takeWarm(toolbox: Toolbox): Promise<void> {
    return this.queue.run(() => this.supervisor.takeWarm(toolbox))
  }

  /** Receive the files for its home before the first start. Rejects when they are incomplete. */
  receive(copy: (file: string, signal: AbortSignal, meter: CopyMeter) => Promise<void>): Promise<void> {
    return this.queue.run(() => this.transfers.receive(copy))
  }

  /**
   * Copy the home into a new archive, while programs keep running. Rejects with an error for the client.
   * @param cancelled aborts the copy
   * @param receiver the progress of the sandbox that receives the copy
   */
  copyHome(
    file: string,
    purpose: 'snapshotting' | 'forking',
    cancelled: AbortSignal,
    receiver?: CopyMeter,
  ): Promise<void> {
    const signal = AbortSignal.any([this.abort.signal, cancelled])
    return this.queue.run(async () => {
      this.requireCopyable(this.status.current)
      const link = () => this.supervisor.running?.link ?? null
      const measureHome = async () => (await this.measure(signal))?.homeBytes ?? null
      await this.status.showing(purpose, () =>
        this.transfers.copyOut({ file, purpose, link, signal, receiver, measureHome }),
      )
    }, signal)
  }

  /** Throws `INSUFFICIENT_STORAGE` when this many more bytes in the home would exceed the reserve of the disk. */
  requireDiskRoom(bytes: number): void {
    this.deps.reserve.require(bytes, 'the upload')
  }

  /** The last measurement of its disk usage; null before the first one. */
  get usage(): DiskUsage | null {
    return this.measured
  }

  /** Measure its disk usage; null when that is not possible now. */
  async measure(signal?: AbortSignal): Promise<DiskUsage | null> {
    return this.noteUsage(await measureSandbox(this.folder, signal))
  }

  /** Like `measure`, while all of its programs are frozen, so that they cannot interfere. */
  async measureFrozen(): Promise<FrozenUsage | null> {
    const found = await measureFrozen(this.folder)
    this.noteUsage(found?.usage ?? null)
    return found
  }

  /** Change its resources, for running processes too. Throws when that cannot be saved or applied; then nothing changed. */
  resize(requested: Resources): Promise<void> {
    return this.queue.run(async () => {
      const before = resourcesOf(this.record)
      const after = resourcesOf(requested)
      await this.status.showing('resizing', async () => {
        await this.supervisor.applyLimits(after)
        try {
          this.update(after)
        } catch (error) {
          await this.supervisor.applyLimits(before)
          throw error
        }
      })
    })
  }

  /** Change its network policy. When that needs a restart to take effect, `isolation` says so until then. */
  setNetwork(network: NetworkPolicy): Promise<void> {
    return this.queue.run(async () => {
      const before = this.record.network
      await this.supervisor.applyNetwork(network)
      try {
        this.update({ network })
      } catch (error) {
        await this.supervisor.applyNetwork(before)
        throw error
      }
    })
  }

  /** Start it and wait until its toolbox responds. Does nothing when it is running. */
  start(): Promise<void> {
    return this.queue.run(async () => {
      if (this.status.current === 'started') return
      this.deps.checkStart(this)
      const { archive } = this.record
      if (archive !== null) this.deps.reserve.require(archive.homeBytes ?? 0, 'restoring the files')
      await this.supervisor.start()
    })
  }

  /** End everything that runs in it: cleanly if the toolbox responds, or at once with `force`. Files stay. */
  stop(cause: StopCause, force = false): Promise<void> {
    return this.queue.run(async () => {
      if (this.isAtRest) return
      this.saved.markStopped(cause)
      this.status.set('stopping')
      await this.supervisor.end(force)
      this.status.set(restingState(this.record))
    })
  }

  /**
   * Move its home into one compressed file, from which the next start restores it. Does nothing when it is archived. Rejects
   * when it is not stopped, or when a file cannot be read or written; then its files are unchanged.
   */
  archive(): Promise<void> {
    return this.queue.run(async () => {
      const { current } = this.status
      if (current === 'archived') return
      if (current !== 'stopped') {
        throw new ApiError('BAD_REQUEST', `Sandbox is not stopped: it is ${current}; stop it before archiving it`)
      }
      this.status.set('archiving')
      try {
        const usage = await this.measure(this.abort.signal)
        this.disk.unload()
        await this.transfers.archive(usage?.homeBytes ?? null)
        await this.measure(this.abort.signal)
      } finally {
        this.status.set(restingState(this.record))
      }
    })
  }

  /** Throws when its files cannot be copied now, with an error for the client. */
  requireCopyable(state = this.state): void {
    if (['started', 'stopped', 'error'].includes(state) && (state !== 'error' || this.record.archive === null)) return
    if (this.record.archive === null) throw stateChangeInProgress()
    throw new ApiError('CONFLICT', `the sandbox ${this.record.name} is archived; start it first`)
  }

  /** Finish or undo what an earlier engine did not complete of an archive. Failures are only logged. */
  async tidyArchive(): Promise<void> {
    await tidyArchive(this.deps.store, this.record)
  }

  /** Whether its files still have to be unpacked, so that a toolbox that runs already is of no use. */
  get awaitsFiles(): boolean {
    return this.transfers.isWaiting
  }

  /** Stop because the engine shuts down: cancels a start in progress and prevents another one. */
  shutDown(): Promise<void> {
    this.abort.abort(new ApiError('SERVICE_UNAVAILABLE', 'the engine is shutting down'))
    return this.queue.run(async () => {
      if (this.isAtRest) return
      this.saved.markStopped(causes.engineStopped)
      await this.supervisor.end(false)
      this.status.set(restingState(this.record))
    })
  }

  /** Send SIGKILL to everything that runs, without waiting. */
  killNow(): void {
    this.supervisor.killNow()
  }

  /** End everything and remove every file. */
  destroy(cause: StopCause): Promise<void> {
    this.abort.abort(new ApiError('CONFLICT', `the sandbox ${this.record.name} is being deleted`))
    return this.queue.run(async () => {
      this.saved.markDestroyed(cause)
      this.status.set('destroying')
      await this.supervisor.end(true)
      await this.deps.store.remove(this.record.id)
      this.status.set('destroyed')
    })
  }

  /** Remove a sandbox whose creation failed. */
  async abandon(): Promise<void> {
    // A client or a shutdown may have deleted it already.
    await this.destroy(causes.notCreated).catch(() => {})
  }

  noteActivity(): void {
    this.saved.noteActivity()
  }

  /** Change the record; saved before clients are notified. Throws when it cannot be saved; then nothing changed. */
  update(change: Partial<SandboxRecord>): void {
    this.saved.change({ ...change, updatedAt: new Date().toISOString() })
    this.deps.changed(this, this.state)
  }

  /** Like `update`, for fields that are not part of the DTO. */
  updateQuietly(change: Partial<SandboxRecord>): void {
    this.saved.change(change)
  }

  /** Record why it stopped unexpectedly. */
  noteStop(cause: StopCause): void {
    this.saved.noteStop(cause)
    this.saved.save()
  }

  /** Serve a read request of a stopped sandbox from its files. Returns false when that is not possible. */
  async serveFromDisk(request: IncomingMessage, response: ServerResponse, url: string): Promise<boolean> {
    if (!this.isAtRest || request.method !== 'GET') return false
    return this.disk.handle(request, response, url)
  }

  /** Like `serveFromDisk`, for a WebSocket that follows a journal. */
  upgradeFromDisk(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean {
    if (!this.isAtRest) return false
    return this.disk.upgrade(request, socket, head, url)
  }

  private get isAtRest(): boolean {
    return this.status.current === 'stopped' || this.status.current === 'archived'
  }

  private noteUsage(found: DiskUsage | null): DiskUsage | null {
    if (found === null) return null
    const before = this.measured
    this.measured = found
    const hasChanged = before?.totalBytes !== found.totalBytes
    if (hasChanged && this.status.current !== 'destroyed') this.deps.changed(this, this.state)
    return found
  }

  private liveStatus() {
    return {
      state: this.state,
      errorReason: this.status.errorReason,
      isolation: withPreviewNotices(this.isolation, this.deps.notices),
      toolboxNotice: this.supervisor.notice,
      diskUsage: this.measured,
      copy: this.transfers.progress,
    }
  }

  private requireExisting(): void {
    if (this.status.current !== 'destroyed') return
    throw new ApiError('NOT_FOUND', `Sandbox with ID or name ${this.record.id} not found`)
  }
}

/** The state of a sandbox that does not run. */
function restingState({ archive }: SandboxRecord): SandboxState {
  return archive === null ? 'stopped' : 'archived'
}

export function stateChangeInProgress(): ApiError {
  return new ApiError('CONFLICT', 'Sandbox state change in progress')
}
