/** All sandboxes of this engine: created, found, taken over from an earlier engine, ended with this one. */
import { randomUUID } from 'node:crypto'
import { ApiError } from '@/lib/process-api/errors'
import { sandboxNameSchema } from '@/lib/process-api/ids'
import { defaultNetworkPolicy, isSamePolicy } from '@/lib/process-api/network-policy'
import type { CreateSandboxRequest, SandboxState } from '@/lib/process-api/sandbox'
import type { Isolation } from '../../isolation/isolation'
import { runningAmong } from '../../isolation/marked-sandboxes'
import { resumeStopped } from '../../isolation/process-signs'
import type { DiskReserve } from '../disk/reserve'
import { type Ceilings, checkResources, requireBelow, withinCeilings } from '../sandbox/ceilings'
import { checkNetwork } from '../sandbox/network-request'
import { inTransition, Sandbox, type SandboxSurroundings } from '../sandbox/sandbox'
import { forkedRecord, newRecord } from '../sandbox/sandbox-record'
import type { SandboxStore } from '../sandbox/sandbox-store'
import { causes } from '../sandbox/stop-cause'
import { endToolbox, type Toolbox } from '../sandbox/toolbox-launch'
import { ToolboxLink } from '../sandbox/toolbox-link'
import type { Snapshots } from '../snapshots/snapshots'
import { WarmPool, type WarmToolbox } from './warm-pool'

const adoptTimeoutMs = 3_000

/** `before` is null for a sandbox that is new. */
export type SandboxListener = (sandbox: Sandbox, before: SandboxState | null) => void

export interface SandboxesOptions {
  readonly isolation: Isolation
  readonly store: SandboxStore
  readonly snapshots: Snapshots
  readonly reserve: DiskReserve
  readonly ceilings: Ceilings
  /** How many toolboxes to keep warm. */
  readonly warm: number
  /** What each sandbox's warnings say besides those of its isolation. */
  readonly notices: readonly string[]
  toolboxProxyUrl(): string
}

export class Sandboxes implements Iterable<Sandbox> {
  private readonly byId = new Map<string, Sandbox>()
  private readonly listeners = new Set<SandboxListener>()
  readonly pool: WarmPool
  private readonly around: SandboxSurroundings
  /** Resolves when every sandbox of the data folder is known: no request is answered before. */
  readonly opened: Promise<void>
  private nowOpen: () => void = () => {}

  constructor(private readonly options: SandboxesOptions) {
    const { isolation, store, reserve } = options
    this.opened = new Promise((resolve) => {
      this.nowOpen = resolve
    })
    this.pool = new WarmPool(options.warm, isolation, store)
    this.around = {
      isolation,
      store,
      notices: options.notices,
      reserve,
      toolboxProxyUrl: options.toolboxProxyUrl,
      checkStart: (sandbox) => this.checkStart(sandbox),
      changed: (sandbox, before) => {
        if (sandbox.state === 'destroyed') this.byId.delete(sandbox.record.id)
        this.tell(sandbox, before)
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

  byIdOnly(id: string): Sandbox | undefined {
    return this.byId.get(id)
  }

  /** By id or by name. Throws 404 with the reference's words. */
  require(idOrName: string): Sandbox {
    const found = this.byId.get(idOrName) ?? [...this.byId.values()].find((it) => it.record.name === idOrName)
    if (!found) throw new ApiError('NOT_FOUND', `Sandbox with ID or name ${idOrName.slice(0, 128)} not found`)
    return found
  }

  /**
   * Read what is on disk, take over what still runs, and start again what should run and does not.
   * Resolves when every sandbox is known; those that must be started come up in the background.
   */
  async open(): Promise<void> {
    const { store, isolation } = this.options
    store.emptyBin()
    const { records, unclaimed, unreadable } = store.load()
    for (const record of records) this.byId.set(record.id, new Sandbox(record, this.around))
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
      ...[...this.byId.values()].map((sandbox) => this.takeOver(sandbox, sweep)),
      ...unclaimed.map(async (id) => {
        await isolation.adopt(id, store.folderOf(id))?.kill()
        await sweep(id)
        await store.remove(id)
      }),
      ...unreadable.map(sweep),
    ])
    this.nowOpen()
    this.pool.fill()
  }

  /** Make a sandbox and wait until it runs. Throws 400 for a bad name or snapshot, 409 for a taken name, 429 at a ceiling, 507 for a full disk. */
  async create(request: CreateSandboxRequest): Promise<Sandbox> {
    if (request.name) this.checkName(request.name)
    const { store, snapshots } = this.options
    const { ceilings } = this.options
    checkResources(ceilings, request)
    this.checkCount()
    const snapshot = this.snapshotFor(request.snapshot || 'default')
    const network = checkNetwork(request, this.options.isolation) ?? defaultNetworkPolicy
    this.options.reserve.require(snapshot.record?.bytes ?? 0, 'a new sandbox')
    const warm = isSamePolicy(network, defaultNetworkPolicy) ? this.pool.take() : null
    const record = newRecord(warm?.id ?? randomUUID(), request, withinCeilings(ceilings, snapshot))
    const sandbox = new Sandbox(record, this.around)
    this.byId.set(record.id, sandbox)
    let toolbox: Toolbox | null = null
    try {
      toolbox = warm && (await this.claim(warm, sandbox))
      store.make(record.id)
      await snapshots.place(snapshot, store.seedOf(record.id))
      store.save(record)
      this.tell(sandbox, null)
    } catch (error) {
      // A sandbox that nobody was told of leaves nothing behind.
      this.byId.delete(record.id)
      if (warm) await endToolbox(warm, true)
      await store.remove(record.id)
      throw error
    }
    await this.startFirst(sandbox, toolbox)
    return sandbox
  }

  /**
   * Make a copy of a sandbox, with its files as they are now, and wait until it runs. Nothing that runs in the original
   * runs in the copy. Throws as `create` does, and 409 for an original that is neither running nor stopped.
   */
  async fork(original: Sandbox, name: string | null): Promise<Sandbox> {
    if (name) this.checkName(name)
    if (!['started', 'stopped', 'error'].includes(original.state)) throw inTransition()
    const { store, reserve } = this.options
    this.checkCount()
    reserve.require(0, 'a new sandbox')
    const record = forkedRecord(randomUUID(), original.record, name)
    const fork = new Sandbox(record, this.around, 'creating')
    this.byId.set(record.id, fork)
    try {
      store.make(record.id)
      this.tell(fork, null)
      await fork.receive((file, gone, meter) => original.copyHome(file, 'forking', gone, meter))
    } catch (error) {
      await fork.abandon()
      throw error
    }
    await this.startFirst(fork, null)
    return fork
  }

  /** The sandboxes that were copied from this one and still exist. */
  forksOf({ record }: Sandbox): Sandbox[] {
    return [...this.byId.values()].filter((it) => it.record.forkedFrom === record.id)
  }

  /** What a sandbox was copied from, the nearest first, as far as they still exist. */
  ancestorsOf(sandbox: Sandbox): Sandbox[] {
    const { forkedFrom } = sandbox.record
    const original = forkedFrom === null ? undefined : this.byId.get(forkedFrom)
    return original ? [original, ...this.ancestorsOf(original)] : []
  }

  /** Give a warm toolbox its environment. One that fails is ended, and the sandbox starts a toolbox of its own. */
  private async claim(warm: WarmToolbox, sandbox: Sandbox): Promise<Toolbox | null> {
    try {
      await sandbox.handOutEnvironment(warm.link)
      return warm
    } catch (error) {
      console.error('a warm toolbox could not be used:', error)
      await endToolbox(warm, true)
      return null
    }
  }

  /** A failure shows in the sandbox's state, as in the reference: the caller can look at it, start or delete it. */
  private async startFirst(sandbox: Sandbox, warm: Toolbox | null): Promise<void> {
    try {
      if (warm) await sandbox.take(warm)
      else await sandbox.start()
      if (!warm) this.pool.trust()
    } catch (error) {
      if (sandbox.state !== 'error') throw error
    }
  }

  private snapshotFor(idOrName: string) {
    const { snapshots } = this.options
    const found = snapshots.find(idOrName)
    if (!found) {
      const names = [...snapshots].map((it) => it.name).join(', ')
      throw new ApiError('BAD_REQUEST', `Snapshot ${idOrName.slice(0, 128)} not found: this engine has ${names}`)
    }
    if (found.state !== 'active') throw new ApiError('BAD_REQUEST', `Snapshot ${found.name} is ${found.state}`)
    return found
  }

  /** End all sandboxes in order, and the warm ones. Files and journals stay. */
  async close(): Promise<void> {
    await Promise.all([this.pool.close(), ...[...this.byId.values()].map((sandbox) => sandbox.shutDown())])
  }

  /** The last resort of an engine that must go: what runs is sent its end, and nothing is waited for. */
  killNow(): void {
    this.pool.killNow()
    for (const sandbox of this.byId.values()) sandbox.killNow()
  }

  /** Throws `BAD_REQUEST` for more than this engine gives to one sandbox. */
  checkResources(wanted: Parameters<typeof checkResources>[1]): void {
    checkResources(this.options.ceilings, wanted)
  }

  /** Throws `TOO_MANY_REQUESTS` where no further sandbox may be made, or run. */
  private checkCount(): void {
    requireBelow(this.options.ceilings, 'sandboxes', this.byId.size)
    this.checkStart(null)
  }

  private checkStart(starting: Sandbox | null): void {
    const others = [...this.byId.values()].filter((it) => it !== starting && it.record.desired === 'started')
    requireBelow(this.options.ceilings, 'running', others.length)
  }

  private checkName(name: string): void {
    const parsed = sandboxNameSchema.safeParse(name)
    if (!parsed.success) throw new ApiError('BAD_REQUEST', parsed.error.issues[0]?.message ?? 'the name is not valid')
    const taken = [...this.byId.values()].some((it) => it.record.name === name || it.record.id === name)
    if (taken) throw new ApiError('CONFLICT', `Sandbox with name ${name} already exists`)
  }

  private async takeOver(sandbox: Sandbox, sweep: (id: string) => Promise<void>): Promise<void> {
    const { isolation } = this.options
    const { record, folder } = sandbox
    const process = isolation.adopt(record.id, folder)
    if (process && record.desired === 'started') {
      const link = new ToolboxLink(folder.state)
      try {
        // Whatever stopped it while no engine was there is no reason to end it.
        resumeStopped(process.vital())
        await link.ask('GET', '/version', undefined, adoptTimeoutMs)
        // The earlier engine may have died between keeping a change and handing it out.
        await sandbox.handOutEnvironment(link).catch((error: unknown) => {
          console.error(`the environment of sandbox ${record.id} could not be handed out again:`, error)
        })
        await process.limit(record).catch((error: unknown) => {
          console.error(`the limits of sandbox ${record.id} could not be put in force again:`, error)
        })
        await sandbox.turnNetwork(record.network, { process, link }).catch((error: unknown) => {
          console.error(`the network policy of sandbox ${record.id} could not be put in force again:`, error)
        })
        sandbox.adopt({ process, link })
        return
      } catch (error) {
        console.error(`the toolbox of sandbox ${record.id} runs but does not answer:`, error)
        link.close()
      }
    }
    await process?.kill()
    await sweep(record.id)
    if (record.desired === 'destroyed') await sandbox.destroy(record.lastStop ?? causes.deletionAsked)
    if (record.desired !== 'started') return
    sandbox.noteStop(process ? causes.toolboxDied('it ran but did not answer when the engine started') : causes.lost)
    void sandbox.start().catch(() => {})
  }

  private tell(sandbox: Sandbox, before: SandboxState | null): void {
    for (const listener of this.listeners) listener(sandbox, before)
  }
}
