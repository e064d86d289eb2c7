/** What has to be ended before the toolbox exits. Areas add themselves; everything ends at the same time. */
export type EndReasonOfToolbox = 'sandbox-stopped'

export class Shutdown {
  private readonly steps: Array<(reason: EndReasonOfToolbox) => Promise<void>> = []
  private done: Promise<void> | null = null

  /** True once the end has begun: nothing new may be started. */
  get begun(): boolean {
    return this.done !== null
  }

  /** `step` ends what the area runs and resolves when its processes are gone and its records are written. */
  add(step: (reason: EndReasonOfToolbox) => Promise<void>): void {
    this.steps.push(step)
  }

  /** Run all steps once; a step that fails is logged and does not stop the others. */
  run(reason: EndReasonOfToolbox): Promise<void> {
    this.done ??= Promise.all(
      this.steps.map((step) =>
        step(reason).catch((error: unknown) => {
          console.error('an area did not end in order:', error)
        }),
      ),
    ).then(() => undefined)
    return this.done
  }
}
