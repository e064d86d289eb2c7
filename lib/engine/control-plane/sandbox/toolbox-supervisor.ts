/** Keeps the toolbox of one sandbox running: launches it, restarts it after an unexpected exit, and ends it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import type { NetworkPolicy } from '@/lib/process-api/network-policy'
import type { ToolboxNotice } from '@/lib/process-api/sandbox'
import type { Isolation, Resources, SandboxEnd, SandboxFolder } from '../../isolation/isolation'
import { LimitError } from '../../isolation/limits/limits'
import type { ExclusiveQueue } from './exclusive-queue'
import type { HomeTransfers } from './home-transfers'
import { toolboxVariables } from './sandbox-environment'
import { newAuthToken } from './sandbox-record'
import type { SandboxStatus } from './sandbox-status'
import type { SandboxStore } from './sandbox-store'
import type { SavedRecord } from './saved-record'
import { causes } from './stop-cause'
import { endToolbox, launchToolbox, type Toolbox } from './toolbox-launch'
import type { ToolboxLink } from './toolbox-link'
import { ToolboxWatch } from './toolbox-watch'

/** How long a toolbox may take to accept a report about its isolation. */
const notifyTimeoutMs = 2_000
/** Delay before the n-th start in a row after one that failed or soon exited. */
const backoffMs = [0, 100, 500, 2_000, 5_000, 10_000]
/** A toolbox that ran this long is restarted without delay. */
const settledMs = 30_000
/** How long a toolbox may take to accept its environment. */
const environmentTimeoutMs = 5_000

export interface ToolboxSupervisorOptions {
  readonly saved: SavedRecord
  readonly folder: SandboxFolder
  readonly isolation: Isolation
  readonly store: SandboxStore
  readonly status: SandboxStatus
  readonly queue: ExclusiveQueue
  readonly transfers: HomeTransfers
  /** Aborted when the sandbox is deleted or the engine shuts down; no start follows. */
  readonly signal: AbortSignal
  /** Called before every launch. */
  onLaunch(): void
  /** Called when the notice about the toolbox has changed. */
  notify(): void
}

export class ToolboxSupervisor {
  private toolbox: Toolbox | null = null
  /** The toolbox that is being ended. */
  private ending: Toolbox | null = null
  private failures = 0
  private readonly watch: ToolboxWatch

  constructor(private readonly options: ToolboxSupervisorOptions) {
    this.watch = new ToolboxWatch(options.saved.record, () => options.notify())
  }

  get running(): Toolbox | null {
    return this.toolbox
  }

  get notice(): ToolboxNotice | null {
    return this.watch.notice
  }

  /** Throws 503 while the toolbox does not respond. */
  requireResponsive(): void {
    this.watch.requireResponsive()
  }

  /** Launch a toolbox on request, which clears the history of failures. */
  async start(): Promise<void> {
    this.failures = 0
    this.watch.clear()
    this.options.saved.markStarted(newAuthToken())
    await this.launch()
  }

  /** Use a warm toolbox, which has neither this sandbox's limits nor its files yet. */
  takeWarm(toolbox: Toolbox): Promise<void> {
    return this.bringUp(() => this.prepare(toolbox, this.options.saved.record))
  }

  /** Take over the running toolbox of an earlier engine. */
  adopt(toolbox: Toolbox): void {
    this.follow(toolbox)
    this.options.status.set('started')
  }

  /** End the toolbox and every process of the sandbox. */
  async end(force: boolean): Promise<void> {
    const toolbox = this.toolbox
    this.toolbox = null
    this.watch.stop()
    this.ending = toolbox
    if (toolbox) await endToolbox(toolbox, force)
    // A launch that failed halfway may have left processes that are not tracked.
    else await this.options.isolation.sweep(this.options.saved.record.id)
    this.ending = null
  }

  /** Send SIGKILL to everything, without waiting. */
  killNow(): void {
    void (this.toolbox ?? this.ending)?.process.kill()
  }

  /** Send the record's environment to a toolbox, for processes started from now on. */
  async pushEnvironment(link: Pick<ToolboxLink, 'call'>): Promise<void> {
    const { isolation, saved } = this.options
    const env = { ...isolation.childEnv, ...toolboxVariables(saved.record) }
    await link.call('POST', '/internal/claim', { sandboxId: saved.record.id, env }, environmentTimeoutMs)
  }

  /** Apply resource limits to the running processes. Throws 409 when that is impossible. */
  async applyLimits(resources: Resources): Promise<void> {
    try {
      await this.toolbox?.process.limit(resources)
    } catch (error) {
      if (!(error instanceof LimitError)) throw error
      throw new ApiError('CONFLICT', error.message, {}, { cause: error })
    }
  }

  /** Apply a network policy to the running processes, as far as that is possible without a restart. Throws 503. */
  async applyNetwork(network: NetworkPolicy, toolbox = this.toolbox): Promise<void> {
    const { process, link } = toolbox ?? {}
    if (!process?.setNetwork) return
    try {
      await process.setNetwork(network)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new ApiError('SERVICE_UNAVAILABLE', `the network could not be changed: ${reason}`, {}, { cause: error })
    }
    // The toolbox only reports the policy; when it is too busy to be notified, the policy is in force all the same.
    await link
      ?.call('POST', '/internal/claim', { isolation: process.report }, notifyTimeoutMs)
      .catch((error: unknown) => {
        const { id } = this.options.saved.record
        log.error({ err: error }, `the toolbox of sandbox ${id} could not be notified of its network policy`)
      })
  }

  private launch(): Promise<void> {
    const { isolation, store, saved, folder, transfers, signal, onLaunch } = this.options
    const { record } = saved
    const stateKey = store.stateKeyOf(record.id)
    onLaunch()
    return this.bringUp(async () => {
      // An engine that crashed while it unpacked files has left some of them.
      await transfers.discardPartial()
      const attempt = async () => this.prepare(await launchToolbox(isolation, { ...record, stateKey }, folder, signal))
      return attempt().catch((error: unknown) => {
        if (transfers.giveUpAttributes(error)) return attempt()
        throw error
      })
    })
  }

  private async bringUp(make: () => Promise<Toolbox>): Promise<void> {
    const { status, saved, signal } = this.options
    const { id, name } = saved.record
    status.set('starting')
    try {
      this.follow(await make())
      status.set('started')
    } catch (error) {
      this.toolbox = null
      const reason = error instanceof Error ? error.message : String(error)
      // A sandbox that is deleted while it starts has not failed.
      if (!signal.aborted) log.error({ err: error }, `sandbox ${id} could not be started`)
      status.setError(reason)
      throw new ApiError('SERVICE_UNAVAILABLE', `the sandbox ${name} could not be started: ${reason}`)
    }
  }

  /** Unpack waiting files into the home before the sandbox counts as started. */
  private async prepare(toolbox: Toolbox, limits?: Resources): Promise<Toolbox> {
    const { transfers } = this.options
    try {
      if (limits) await toolbox.process.limit(resourcesOf(limits))
      await transfers.unpack(toolbox.link)
      return toolbox
    } catch (error) {
      await endToolbox(toolbox, true)
      await transfers.discardPartial()
      throw error
    }
  }

  private follow(toolbox: Toolbox): void {
    this.toolbox = toolbox
    this.watch.start(toolbox)
    const startedAt = performance.now()
    void toolbox.process.ended.then((ended) => {
      if (this.toolbox === toolbox) this.onExit(toolbox, ended, performance.now() - startedAt)
    })
  }

  private onExit(toolbox: Toolbox, { how, byMemory }: SandboxEnd, ranMs: number): void {
    const { saved, signal } = this.options
    const { record } = saved
    this.toolbox = null
    const silentCause = this.watch.stop()
    toolbox.link.close()
    if (record.desired !== 'started' || signal.aborted) return
    const cause = byMemory ? causes.memory(record.memory) : (silentCause ?? causes.toolboxDied(how))
    saved.noteStop(cause)
    saved.save()
    this.watch.restarted(cause)
    this.failures = ranMs > settledMs ? 0 : this.failures + 1
    log.error(`The toolbox of sandbox ${record.id} exited (${how}) and will be restarted.`)
    this.restart()
  }

  private restart(): void {
    const { status, queue, saved, signal } = this.options
    status.set('starting')
    const delayMs = backoffMs[Math.min(this.failures, backoffMs.length - 1)] ?? 0
    void sleep(delayMs, undefined, { signal, ref: false })
      .then(() =>
        queue.run(async () => {
          if (status.current === 'starting' && saved.record.desired === 'started' && !this.toolbox) await this.launch()
        }),
      )
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error }, `sandbox ${saved.record.id} could not be restarted`)
      })
  }
}

export function resourcesOf({ cpu, memory, disk }: Resources): Resources {
  return { cpu, memory, disk }
}
