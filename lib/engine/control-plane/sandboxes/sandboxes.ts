/** All sandboxes of this engine: creates, finds, adopts and ends them. */
import { randomUUID } from 'node:crypto'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import { sandboxNameSchema } from '@/lib/process-api/ids'
import { defaultNetworkPolicy, isSamePolicy } from '@/lib/process-api/network-policy'
import type { CreateSandboxRequest, SandboxState } from '@/lib/process-api/sandbox'
import type { Isolation } from '../../isolation/isolation'
import { runningAmong } from '../../isolation/marked-sandboxes'
import { resumeStopped } from '../../isolation/process-signs'
import type { DiskReserve } from '../disk/reserve'
import { checkNetwork } from '../sandbox/network-request'
import { checkResources, type Quotas, requireQuota, withinQuotas } from '../sandbox/quotas'
import { Sandbox, type SandboxDeps } from '../sandbox/sandbox'
import { forkedRecord, newRecord } from '../sandbox/sandbox-record'
import type { SandboxStore } from '../sandbox/sandbox-store'
import { causes } from '../sandbox/stop-cause'
import { endToolbox, type Toolbox } from '../sandbox/toolbox-launch'
import { ToolboxLink } from '../sandbox/toolbox-link'
import type { Snapshots } from '../snapshots/snapshots'
import { WarmPool, type WarmToolbox } from './warm-pool'

const adoptTimeoutMs = 3_000

/** `before` is null for a new sandbox. */
export type SandboxListener = (sandbox: Sandbox, before: SandboxState | null) => void

export interface SandboxesOptions {
  /** The folder with the programs of the toolbox; without it, logs of stopped sandboxes cannot be searched line by line. */
  assetsDir?: string
  readonly isolation: Isolation
  readonly store: SandboxStore
  readonly snapshots: Snapshots
  readonly reserve: DiskReserve
  readonly quotas: Quotas
  /** Number of toolboxes to keep warm. */
  readonly warm: number
  /** Warnings for every sandbox, besides those of its isolation. */
  readonly notices: readonly string[]
  toolboxProxyUrl(): string
}

export class Sandboxes implements Iterable<Sandbox> {
  private readonly byId = new Map<string, Sandbox>()
  private readonly listeners = new Set<SandboxListener>()
  readonly pool: WarmPool
  private readonly deps: SandboxDeps
  /** Resolves when every sandbox of the data directory is loaded; requests wait for it. */
  readonly opened: Promise<void>
  private markOpened: () => void = () => {}

  constructor(private readonly options: SandboxesOptions) {
    const { isolation, store, reserve } = options
    this.opened = new Promise((resolve) => {
      this.markOpened = resolve
    })
    this.pool = new WarmPool(options.warm, isolation, store)
    this.deps = {
      isolation,
      store,
      notices: options.notices,
      reserve,
      assetsDir: options.assetsDir,
      toolboxProxyUrl: options.toolboxProxyUrl,
      checkStart: (sandbox) => this.checkStart(sandbox),
      changed: (sandbox, before) => {
        if (sandbox.state === 'destroyed') this.byId.delete(sandbox.record.id)
        this.notify(sandbox, before)
      },
    }
  }

  [Symbol.iterator](): Iterator<Sandbox> {
    return this.byId.values()
  }

  onChange(listener: SandboxListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  findById(id: string): Sandbox | undefined {
    return this.byId.get(id)
  }

  /** Find by id or name. Throws 404 with the reference's message. */
  require(idOrName: string): Sandbox {
    const found = this.byId.get(idOrName) ?? [...this.byId.values()].find((it) => it.record.name === idOrName)
    if (!found) throw new ApiError('NOT_FOUND', `Sandbox with ID or name ${idOrName.slice(0, 128)} not found`)
    return found
  }

  /**
   * Load sandboxes from disk, adopt those that still run, and restart those that should run.
   * Resolves when every sandbox is known; restarts continue in the background.
   */
  async open(): Promise<void> {
    const { store, isolation } = this.options
    store.emptyTrash()
    const { records, unclaimed, unreadable } = store.load()
    for (const record of records) this.byId.set(record.id, new Sandbox(record, this.deps))
    const running = runningAmong([...this.byId.keys(), ...unclaimed, ...unreadable])
    const ended = [...this.byId.keys(), ...unclaimed, ...unreadable].filter((id) => !running.has(id))
    await isolation.tidy(
      ended.map((id) => store.folderOf(id)),
      running,
    )
    const sweep = async (id: string) => {
      if (running.has(id)) await isolation.sweep(id)
    }
    await Promise.all([
      ...[...this.byId.values()].map((sandbox) => this.adoptOrRestart(sandbox, sweep)),
      ...unclaimed.map(async (id) => {
        await isolation.adopt(id, store.folderOf(id))?.kill()
        await sweep(id)
        await store.remove(id)
      }),
      ...unreadable.map(sweep),
    ])
    this.markOpened()
    this.pool.fill()
  }

  /**
   * Create a sandbox and wait until it runs.
   * Throws 400 for a bad name or snapshot, 409 for a taken name, 429 at a quota, 507 for a full disk.
   */
  async create(request: CreateSandboxRequest): Promise<Sandbox> {
    if (request.name) this.checkName(request.name)
    const { store, snapshots } = this.options
    const { quotas } = this.options
    checkResources(quotas, request)
    this.checkCount()
    const snapshot = this.snapshotFor(request.snapshot || 'default')
    const network = checkNetwork(request, this.options.isolation) ?? defaultNetworkPolicy
    this.options.reserve.require(snapshot.record?.bytes ?? 0, 'a new sandbox')
    const warm = isSamePolicy(network, defaultNetworkPolicy) ? this.pool.take() : null
    const record = newRecord(warm?.id ?? randomUUID(), request, withinQuotas(quotas, snapshot))
    const sandbox = new Sandbox(record, this.deps)
    this.byId.set(record.id, sandbox)
    let toolbox: Toolbox | null = null
    try {
      toolbox = warm && (await this.claim(warm, sandbox))
      store.create(record.id)
      await snapshots.linkArchive(snapshot, store.seedOf(record.id))
      store.save(record)
      this.notify(sandbox, null)
    } catch (error) {
      // The client does not know this sandbox yet; remove every trace.
      this.byId.delete(record.id)
      if (warm) await endToolbox(warm, true)
      await store.remove(record.id)
      throw error
    }
    await this.startFirst(sandbox, toolbox)
    return sandbox
  }

  /**
   * Fork a sandbox with its current files, and wait until the fork runs. Running programs are not copied. Throws like
   * `create`, and 409 when the original is neither running nor stopped.
   */
  async fork(original: Sandbox, name: string | null): Promise<Sandbox> {
    if (name) this.checkName(name)
    original.requireCopyable()
    const { store, reserve } = this.options
    this.checkCount()
    reserve.require(0, 'a new sandbox')
    const record = forkedRecord(randomUUID(), original.record, name)
    const fork = new Sandbox(record, this.deps, 'creating')
    this.byId.set(record.id, fork)
    try {
      store.create(record.id)
      this.notify(fork, null)
      await fork.receive((file, signal, meter) => original.copyHome(file, 'forking', signal, meter))
    } catch (error) {
      await fork.abandon()
      throw error
    }
    await this.startFirst(fork, null)
    return fork
  }

  /** Existing forks of this sandbox. */
  forksOf({ record }: Sandbox): Sandbox[] {
    return [...this.byId.values()].filter((it) => it.record.forkedFrom === record.id)
  }

  /** The sandboxes that this one was forked from, nearest first, as far as they still exist. */
  ancestorsOf(sandbox: Sandbox): Sandbox[] {
    const { forkedFrom } = sandbox.record
    const original = forkedFrom === null ? undefined : this.byId.get(forkedFrom)
    return original ? [original, ...this.ancestorsOf(original)] : []
  }

  /** Push the environment to a warm toolbox. If that fails, the toolbox is ended and the sandbox launches its own. */
  private async claim(warm: WarmToolbox, sandbox: Sandbox): Promise<Toolbox | null> {
    try {
      await sandbox.pushEnvironment(warm.link)
      return warm
    } catch (error) {
      log.error({ err: error }, 'a warm toolbox could not be used')
      await endToolbox(warm, true)
      return null
    }
  }

  /** A failure becomes the sandbox's state, as in the reference, so that the client can inspect, start or delete it. */
  private async startFirst(sandbox: Sandbox, warm: Toolbox | null): Promise<void> {
    try {
      if (warm) await sandbox.takeWarm(warm)
      else await sandbox.start()
      if (!warm) this.pool.noteSuccess()
    } catch (error) {
      if (sandbox.state !== 'error') throw error
    }
  }

  private snapshotFor(idOrName: string) {
    const { snapshots } = this.options
    const found = snapshots.find(idOrName)
    if (!found) {
      const names = [...snapshots].map((it) => it.name).join(', ')
      throw new ApiError('BAD_REQUEST', `Snapshot ${idOrName.slice(0, 128)} not found; available: ${names}`)
    }
    if (found.state !== 'active') throw new ApiError('BAD_REQUEST', `Snapshot ${found.name} is ${found.state}`)
    return found
  }

  /** Shut down all sandboxes cleanly, and the warm toolboxes. Files and journals stay. */
  async close(): Promise<void> {
    await Promise.all([this.pool.close(), ...[...this.byId.values()].map((sandbox) => sandbox.shutDown())])
  }

  /** Last resort of an engine that must exit: send SIGKILL to everything, without waiting. */
  killNow(): void {
    this.pool.killNow()
    for (const sandbox of this.byId.values()) sandbox.killNow()
  }

  /** Throws `BAD_REQUEST` when a resource exceeds the limit per sandbox. */
  checkResources(requested: Parameters<typeof checkResources>[1]): void {
    checkResources(this.options.quotas, requested)
  }

  /** Throws `TOO_MANY_REQUESTS` when no further sandbox may be created, or may run. */
  private checkCount(): void {
    requireQuota(this.options.quotas, 'sandboxes', this.byId.size)
    this.checkStart(null)
  }

  private checkStart(starting: Sandbox | null): void {
    const others = [...this.byId.values()].filter((it) => it !== starting && it.record.desired === 'started')
    requireQuota(this.options.quotas, 'running', others.length)
  }

  private checkName(name: string): void {
    const parsed = sandboxNameSchema.safeParse(name)
    if (!parsed.success) throw new ApiError('BAD_REQUEST', parsed.error.issues[0]?.message ?? 'the name is not valid')
    const taken = [...this.byId.values()].some((it) => it.record.name === name || it.record.id === name)
    if (taken) throw new ApiError('CONFLICT', `Sandbox with name ${name} already exists`)
  }

  private async adoptOrRestart(sandbox: Sandbox, sweep: (id: string) => Promise<void>): Promise<void> {
    const { isolation } = this.options
    const { record, folder } = sandbox
    const process = isolation.adopt(record.id, folder)
    await sandbox.tidyArchive()
    const { awaitsFiles } = sandbox
    if (process && record.desired === 'started' && !awaitsFiles) {
      const link = new ToolboxLink(folder.state)
      try {
        // A toolbox that was stopped by a signal while no engine ran is still usable.
        resumeStopped(process.essentialProcesses())
        await link.call('GET', '/version', undefined, adoptTimeoutMs)
        // The earlier engine may have crashed between saving a change and pushing it.
        await sandbox.pushEnvironment(link).catch((error: unknown) => {
          log.error({ err: error }, `the environment of sandbox ${record.id} could not be restored`)
        })
        await process.limit(record).catch((error: unknown) => {
          log.error({ err: error }, `the limits of sandbox ${record.id} could not be restored`)
        })
        await sandbox.applyNetwork(record.network, { process, link }).catch((error: unknown) => {
          log.error({ err: error }, `the network policy of sandbox ${record.id} could not be restored`)
        })
        sandbox.adopt({ process, link })
        return
      } catch (error) {
        log.error({ err: error }, `the toolbox of sandbox ${record.id} runs but does not respond`)
        link.close()
      }
    }
    await process?.kill()
    await sweep(record.id)
    if (record.desired === 'destroyed') await sandbox.destroy(record.lastStop ?? causes.deletionRequested)
    if (record.desired !== 'started') return
    if (!awaitsFiles)
      sandbox.noteStop(process ? causes.toolboxDied('it did not respond when the engine started') : causes.lost)
    void sandbox.start().catch(() => {})
  }

  private notify(sandbox: Sandbox, before: SandboxState | null): void {
    for (const listener of this.listeners) listener(sandbox, before)
  }
}
