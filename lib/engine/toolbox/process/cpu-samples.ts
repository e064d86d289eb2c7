/** Processor usage between two samples of the process table. A sample is taken at each request and kept for a while. */
import { ticksPerSecond } from '../../linux/process-table'

/** A clock tick is 10 ms, so shares over a shorter interval would be imprecise. */
const minIntervalMs = 500
/** An average since an older sample would not describe the present. */
const maxIntervalMs = 15_000

interface CpuUse {
  pid: number
  startTicks: number
  cpuTicks: number
}

interface Sample {
  at: number
  used: Map<string, number>
}

export interface CpuShares {
  /** Age of the earlier sample in the comparison; null if there is none. */
  intervalMs: number | null
  /** Percentage of one processor; null for a process that was not in the earlier sample. */
  percentOf(process: CpuUse): number | null
}

export class CpuSamples {
  private samples: Sample[] = []

  /**
   * Add a sample and compare it with an earlier one.
   * @param now monotonic, in milliseconds
   */
  compare(processes: readonly CpuUse[], now = performance.now()): CpuShares {
    this.samples = this.samples.filter((sample) => now - sample.at <= maxIntervalMs)
    const before = this.samples.findLast((sample) => now - sample.at >= minIntervalMs)
    const latest = this.samples.at(-1)
    // Concurrent viewers must not add many samples.
    if (!latest || now - latest.at >= minIntervalMs) {
      this.samples.push({ at: now, used: new Map(processes.map((it) => [keyOf(it), it.cpuTicks])) })
    }
    if (!before) return { intervalMs: null, percentOf: () => null }
    const intervalMs = now - before.at
    return {
      intervalMs,
      percentOf: (process) => {
        const used = before.used.get(keyOf(process))
        if (used === undefined) return null
        const seconds = Math.max(0, process.cpuTicks - used) / ticksPerSecond
        return Math.round((seconds / (intervalMs / 1000)) * 1000) / 10
      },
    }
  }
}

function keyOf({ pid, startTicks }: Pick<CpuUse, 'pid' | 'startTicks'>): string {
  return `${pid}:${startTicks}`
}
