/** Runs a task at most once per frame, however often it is requested. */
export class FrameTask {
  private isRequested = false
  private isStopped = false

  /** @param nextFrame calls a function at the next frame */
  constructor(
    private readonly nextFrame: (run: () => void) => void,
    private readonly run: () => void,
  ) {}

  request(): void {
    if (this.isRequested || this.isStopped) return
    this.isRequested = true
    this.nextFrame(() => {
      this.isRequested = false
      if (!this.isStopped) this.run()
    })
  }

  stop(): void {
    this.isStopped = true
  }
}
