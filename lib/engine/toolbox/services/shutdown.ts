/** Work to finish before the toolbox exits. Features add their steps, which run concurrently. */
import { log } from '@/lib/log/log'

export type ToolboxEndReason = 'sandbox-stopped'

export class Shutdown {
  private readonly steps: Array<(reason: ToolboxEndReason) => Promise<void>> = []
  private done: Promise<void> | null = null

  /** True once the shutdown has started: nothing new may be started. */
  get hasStarted(): boolean {
    return this.done !== null
  }

  /** `step` ends the feature's processes and resolves when they have exited and its records are written. */
  add(step: (reason: ToolboxEndReason) => Promise<void>): void {
    this.steps.push(step)
  }

  /** Run all steps once. A failing step is logged and does not stop the others. */
  run(reason: ToolboxEndReason): Promise<void> {
    this.done ??= Promise.all(
      this.steps.map((step) =>
        step(reason).catch((error: unknown) => {
          log.error({ err: error }, 'a shutdown step failed')
        }),
      ),
    ).then(() => undefined)
    return this.done
  }
}
