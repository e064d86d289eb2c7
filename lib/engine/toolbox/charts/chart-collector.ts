/** Charts as a Python run sends them: each a 4-byte little-endian length and JSON. The run may send anything. */
import type { Chart } from '@/lib/process-api/charts'
import { readChart } from './read-chart'

export class ChartCollector {
  private parts: Buffer[] = []
  private size = 0
  private wanted = 4
  private inBody = false
  private skip = 0
  private taken = 0
  /** Charts that were too long together, or no charts at all. */
  dropped = 0

  /**
   * @param limit bytes of all charts together; those beyond it are counted, not kept
   * @param onChart called for each chart, in the order in which the run showed them
   */
  constructor(
    private readonly limit: number,
    private readonly onChart: (chart: Chart) => void,
  ) {}

  /** Takes a copy. */
  push(bytes: Uint8Array): void {
    let rest = Buffer.from(bytes)
    while (rest.length > 0) {
      if (this.skip > 0) {
        const passed = Math.min(this.skip, rest.length)
        this.skip -= passed
        rest = rest.subarray(passed)
        continue
      }
      const needed = this.wanted - this.size
      this.parts.push(rest.subarray(0, needed))
      this.size += Math.min(needed, rest.length)
      rest = rest.subarray(needed)
      if (this.size === this.wanted) this.complete(Buffer.concat(this.parts))
    }
  }

  private complete(piece: Buffer): void {
    this.parts = []
    this.size = 0
    if (this.inBody) {
      this.expectHead()
      this.take(piece)
      return
    }
    const length = piece.readUInt32LE()
    if (this.taken + length > this.limit) {
      this.skip = length
      this.dropped += 1
      return
    }
    this.taken += length
    this.inBody = true
    this.wanted = length
    if (length === 0) this.complete(piece.subarray(4))
  }

  private expectHead(): void {
    this.inBody = false
    this.wanted = 4
  }

  private take(body: Buffer): void {
    const chart = parse(body)
    if (chart) this.onChart(chart)
    else this.dropped += 1
  }
}

function parse(body: Buffer): Chart | null {
  try {
    return readChart(JSON.parse(body.toString('utf8')))
  } catch {
    // Counted as dropped by the caller.
    return null
  }
}
