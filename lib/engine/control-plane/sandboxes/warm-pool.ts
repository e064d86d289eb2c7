/** Toolboxes started in advance, so that creating a sandbox does not wait for a process to start (80 ms). */
import { randomUUID } from 'node:crypto'
import { log } from '@/lib/log/log'
import { defaultNetworkPolicy } from '@/lib/process-api/network-policy'
import type { Isolation } from '../../isolation/isolation'
import type { SandboxStore } from '../sandbox/sandbox-store'
import { endToolbox, launchToolbox, type Toolbox } from '../sandbox/toolbox-launch'

export interface WarmToolbox extends Toolbox {
  /** The id of the sandbox that will use it; its folder already has this name. */
  readonly id: string
}

/** After this many consecutive failures, the pool stays empty until a launch succeeds elsewhere. */
const maxFailures = 3
/** Delay before a refill, so that it does not compete with the first commands of a new sandbox. */
const refillDelayMs = 150

export class WarmPool {
  private readonly ready: WarmToolbox[] = []
  private filling: Promise<void> | null = null
  private refillTimer: NodeJS.Timeout | null = null
  private failures = 0
  private readonly abort = new AbortController()
  /** When this pool was created: with the engine. */
  readonly since = new Date().toISOString()

  constructor(
    readonly size: number,
    private readonly isolation: Isolation,
    private readonly store: SandboxStore,
  ) {}

  /** Number of toolboxes ready now. */
  get readyCount(): number {
    return this.ready.length
  }

  /** A toolbox for a sandbox with the default network policy, or null when none is ready. Triggers a refill. */
  take(): WarmToolbox | null {
    const toolbox = this.ready.shift() ?? null
    if (this.ready.length === 0) this.fill()
    else this.scheduleFill()
    return toolbox
  }

  /** Another launch succeeded, so earlier failures no longer count. */
  noteSuccess(): void {
    this.failures = 0
    this.scheduleFill()
  }

  /** Start refilling, one toolbox at a time, to leave the machine to running commands. */
  fill(): void {
    if (this.refillTimer) clearTimeout(this.refillTimer)
    this.refillTimer = null
    this.filling ??= this.launchMissing().finally(() => {
      this.filling = null
    })
  }

  /** End all toolboxes and remove their folders. */
  async close(): Promise<void> {
    this.abort.abort()
    if (this.refillTimer) clearTimeout(this.refillTimer)
    await this.filling
    await Promise.all(this.ready.splice(0).map((toolbox) => this.discard(toolbox)))
  }

  killNow(): void {
    for (const toolbox of this.ready) void toolbox.process.kill()
  }

  private scheduleFill(): void {
    this.refillTimer ??= setTimeout(() => this.fill(), refillDelayMs)
    this.refillTimer.unref()
  }

  private async launchMissing(): Promise<void> {
    const { signal } = this.abort
    while (!signal.aborted && this.ready.length < this.size && this.failures < maxFailures) {
      const id = randomUUID()
      try {
        const stateKey = this.store.stateKeyOf(id)
        const record = { id, env: {}, unsetEnv: [], network: defaultNetworkPolicy, stateKey }
        const toolbox = await launchToolbox(this.isolation, record, this.store.folderOf(id), signal)
        this.failures = 0
        this.add({ ...toolbox, id })
      } catch (error) {
        await this.store.remove(id)
        if (signal.aborted) return
        this.failures += 1
        log.error({ err: error }, 'a warm toolbox could not be started')
      }
    }
  }

  private add(toolbox: WarmToolbox): void {
    this.ready.push(toolbox)
    void toolbox.process.ended.then(() => {
      const index = this.ready.indexOf(toolbox)
      if (index < 0) return
      this.ready.splice(index, 1)
      toolbox.link.close()
      this.failures += 1
      void this.store.remove(toolbox.id).then(() => this.fill())
    })
  }

  private async discard(toolbox: WarmToolbox): Promise<void> {
    await endToolbox(toolbox, true)
    await this.store.remove(toolbox.id)
  }
}
