/** Parses the charts that a Python run sends: a 4-byte little-endian length and JSON each. The input is untrusted. */
import type { Chart } from '@/lib/process-api/charts'
import { parseUntrustedJson } from '../../http/untrusted-json'
import { readChart } from './read-chart'

/** Storing a chart takes time, however small it is. */
const maxCharts = 10_000

export class ChartCollector {
  private parts: Buffer[] = []
  private size = 0
  private expectedBytes = 4
  private inBody = false
  private skipBytes = 0
  private acceptedBytes = 0
  private acceptedCount = 0
  /** Number of charts that were invalid or exceeded the limit. */
  dropped = 0

  /**
   * @param limit bytes of all charts together; charts beyond it are only counted
   * @param onChart called for each chart, in the order of the run
   */
  constructor(
    private readonly limit: number,
    private readonly onChart: (chart: Chart) => void,
  ) {}

  /** Add bytes, which are copied. */
  push(bytes: Uint8Array): void {
    let rest = Buffer.from(bytes)
    while (rest.length > 0) {
      if (this.skipBytes > 0) {
        const passed = Math.min(this.skipBytes, rest.length)
        this.skipBytes -= passed
        rest = rest.subarray(passed)
        continue
      }
      const needed = this.expectedBytes - this.size
      this.parts.push(rest.subarray(0, needed))
      this.size += Math.min(needed, rest.length)
      rest = rest.subarray(needed)
      if (this.size === this.expectedBytes) this.complete(Buffer.concat(this.parts))
    }
  }

  private complete(bytes: Buffer): void {
    this.parts = []
    this.size = 0
    if (this.inBody) {
      this.expectHead()
      this.addChart(bytes)
      return
    }
    const length = bytes.readUInt32LE()
    if (this.acceptedBytes + length > this.limit || this.acceptedCount === maxCharts) {
      this.skipBytes = length
      this.dropped += 1
      return
    }
    this.acceptedBytes += length
    this.acceptedCount += 1
    this.inBody = true
    this.expectedBytes = length
    if (length === 0) this.complete(bytes.subarray(4))
  }

  private expectHead(): void {
    this.inBody = false
    this.expectedBytes = 4
  }

  private addChart(body: Buffer): void {
    const chart = parse(body)
    if (chart) this.onChart(chart)
    else this.dropped += 1
  }
}

function parse(body: Buffer): Chart | null {
  try {
    return readChart(parseUntrustedJson(body))
  } catch {
    // Counted as dropped by the caller.
    return null
  }
}
