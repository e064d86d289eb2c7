/** Compares the position of a viewer with the end of the journal, and reports the lag. */
import { LagMeter, minReportedLag } from './lag-meter'

const measureIntervalMs = 1000

export interface LagOptions {
  /** Offset of the viewer. */
  sent(): number
  /** The viewer does not receive what is queued for it. */
  isBlocked(): boolean
  /** The size of the journal; null where it is unknown. */
  readSize(): Promise<number | null>
  report(bytes: number): void
}

export class LagReporter {
  private readonly meter = new LagMeter()
  private knownSize = 0
  private timer: NodeJS.Timeout | null = null
  private isClosed = false

  constructor(private readonly options: LagOptions) {}

  /** The journal has this size. */
  update(size: number): void {
    const sent = this.options.sent()
    this.knownSize = Math.max(size, sent)
    const bytes = this.meter.measure(this.knownSize, sent)
    if (bytes !== null) this.options.report(bytes)
  }

  /** The viewer received a frame. Near the known size only a new measurement can tell whether it has caught up. */
  advanced(): void {
    if (this.knownSize - this.options.sent() > minReportedLag) this.update(this.knownSize)
  }

  /** Measure while the viewer is blocked or lags. */
  schedule(): void {
    if (!this.options.isBlocked() && !this.meter.isLagging) return
    this.timer ??= setTimeout(() => void this.measure(), measureIntervalMs)
  }

  close(): void {
    this.isClosed = true
    if (this.timer) clearTimeout(this.timer)
  }

  private async measure(): Promise<void> {
    const size = await this.options.readSize()
    this.timer = null
    if (this.isClosed) return
    if (size !== null) this.update(size)
    this.schedule()
  }
}
