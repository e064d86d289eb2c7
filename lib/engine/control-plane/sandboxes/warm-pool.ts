/** Toolboxes that wait for a sandbox, so that a create does not wait for a process to start (80 ms). */
import { randomUUID } from 'node:crypto'
import { defaultNetworkPolicy } from '@/lib/process-api/network-policy'
import type { Isolation } from '../../isolation/isolation'
import type { SandboxStore } from '../sandbox/sandbox-store'
import { endToolbox, launchToolbox, type Toolbox } from '../sandbox/toolbox-launch'

export interface WarmToolbox extends Toolbox {
  /** The id of the sandbox that will take it: its folder is made with it. */
  readonly id: string
}

/** After so many failures in a row nothing is kept warm until a launch succeeds elsewhere. */
const patience = 3
/** What a new sandbox does first should not share the machine with the start of the next toolbox. */
const quietMs = 150

export class WarmPool {
  private readonly ready: WarmToolbox[] = []
  private filling: Promise<void> | null = null
  private soon: NodeJS.Timeout | null = null
  private failures = 0
  private readonly closed = new AbortController()
  /** When this pool was made: with the engine. */
  readonly since = new Date().toISOString()

  constructor(
    readonly size: number,
    private readonly isolation: Isolation,
    private readonly store: SandboxStore,
  ) {}

  /** How many wait now. */
  get waiting(): number {
    return this.ready.length
  }

  /** A toolbox for a sandbox with the default network policy, or null when none is ready; another one is then on its way. */
  take(): WarmToolbox | null {
    const toolbox = this.ready.shift() ?? null
    if (this.ready.length === 0) this.fill()
    else this.fillSoon()
    return toolbox
  }

  /** A toolbox was started elsewhere, so the reason for earlier failures is gone. */
  trust(): void {
    this.failures = 0
    this.fillSoon()
  }

  /** Begin to fill up, one at a time, so that running commands keep the machine. */
  fill(): void {
    if (this.soon) clearTimeout(this.soon)
    this.soon = null
    this.filling ??= this.launchMissing().finally(() => {
      this.filling = null
    })
  }

  /** End all of them and remove their folders. */
  async close(): Promise<void> {
    this.closed.abort()
    if (this.soon) clearTimeout(this.soon)
    await this.filling
    await Promise.all(this.ready.splice(0).map((toolbox) => this.discard(toolbox)))
  }

  killNow(): void {
    for (const toolbox of this.ready) void toolbox.process.kill()
  }

  private fillSoon(): void {
    this.soon ??= setTimeout(() => this.fill(), quietMs)
    this.soon.unref()
  }

  private async launchMissing(): Promise<void> {
    const { signal } = this.closed
    while (!signal.aborted && this.ready.length < this.size && this.failures < patience) {
      const id = randomUUID()
      try {
        const stateKey = this.store.stateKeyOf(id)
        const record = { id, env: {}, unsetEnv: [], network: defaultNetworkPolicy, stateKey }
        const toolbox = await launchToolbox(this.isolation, record, this.store.folderOf(id), signal)
        this.failures = 0
        this.keep({ ...toolbox, id })
      } catch (error) {
        await this.store.remove(id)
        if (signal.aborted) return
        this.failures += 1
        console.error('a toolbox could not be kept warm:', error)
      }
    }
  }

  private keep(toolbox: WarmToolbox): void {
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
