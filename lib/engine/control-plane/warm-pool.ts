/** Toolboxes that wait for a sandbox, so that a create does not wait for a process to start (80 ms). */
import { randomUUID } from 'node:crypto'
import type { Isolation } from '../isolation/isolation'
import { endToolbox, launchToolbox, type Toolbox } from './sandbox'
import type { SandboxStore } from './sandbox-store'

export interface WarmToolbox extends Toolbox {
  /** The id of the sandbox that will take it: its folder is made with it. */
  readonly id: string
}

/** After so many failures in a row nothing is kept warm until a launch succeeds again elsewhere. */
const patience = 3

export class WarmPool {
  private readonly ready: WarmToolbox[] = []
  private filling: Promise<void> | null = null
  private failures = 0
  private closed = false

  constructor(
    private readonly size: number,
    private readonly isolation: Isolation,
    private readonly store: SandboxStore,
  ) {}

  /** A toolbox for a sandbox with an open network, or null when none is ready; another one is then on its way. */
  take(): WarmToolbox | null {
    const toolbox = this.ready.shift() ?? null
    this.fill()
    return toolbox
  }

  /** Begin to fill up, one at a time, so that running commands keep the machine. */
  fill(): void {
    this.filling ??= this.launchMissing().finally(() => {
      this.filling = null
    })
  }

  /** End all of them and remove their folders. */
  async close(): Promise<void> {
    this.closed = true
    await this.filling
    await Promise.all(this.ready.splice(0).map((toolbox) => this.discard(toolbox)))
  }

  private async launchMissing(): Promise<void> {
    while (!this.closed && this.ready.length < this.size && this.failures < patience) {
      const id = randomUUID()
      try {
        const toolbox = await launchToolbox(
          this.isolation,
          { id, env: {}, networkBlockAll: false },
          this.store.folderOf(id),
        )
        this.failures = 0
        this.keep({ ...toolbox, id })
      } catch (error) {
        this.failures += 1
        console.error('a toolbox could not be kept warm:', error)
        await this.store.remove(id)
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
      void this.store.remove(toolbox.id).then(() => this.fill())
    })
  }

  private async discard(toolbox: WarmToolbox): Promise<void> {
    await endToolbox(toolbox, true)
    await this.store.remove(toolbox.id)
  }
}
