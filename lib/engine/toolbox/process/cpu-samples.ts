/** Processor use between two looks at the process table. Looks are taken when somebody asks, and kept for a while. */
import { ticksPerSecond } from '../../linux/process-table'

/** Processor ticks are hundredths of a second: over less time than this a share says little. */
const shortestMs = 500
/** An older look would give an average of what nobody saw. */
const longestMs = 15_000

interface Used {
  pid: number
  startTicks: number
  cpuTicks: number
}

interface Look {
  at: number
  used: Map<string, number>
}

export interface CpuShares {
  /** How long ago the look was that is compared with; null where there is none. */
  intervalMs: number | null
  /** Share of one processor; null for a process that the earlier look did not see. */
  percentOf(process: Used): number | null
}

export class CpuSamples {
  private looks: Look[] = []

  /** Note a look and compare it with an earlier one. @param now monotonic, in milliseconds */
  compare(processes: readonly Used[], now = performance.now()): CpuShares {
    this.looks = this.looks.filter((look) => now - look.at <= longestMs)
    const before = this.looks.findLast((look) => now - look.at >= shortestMs)
    const latest = this.looks.at(-1)
    // Several people who look at the same time do not add up to many looks.
    if (!latest || now - latest.at >= shortestMs) {
      this.looks.push({ at: now, used: new Map(processes.map((it) => [nameOf(it), it.cpuTicks])) })
    }
    if (!before) return { intervalMs: null, percentOf: () => null }
    const intervalMs = now - before.at
    return {
      intervalMs,
      percentOf: (process) => {
        const used = before.used.get(nameOf(process))
        if (used === undefined) return null
        const seconds = Math.max(0, process.cpuTicks - used) / ticksPerSecond
        return Math.round((seconds / (intervalMs / 1000)) * 1000) / 10
      },
    }
  }
}

function nameOf({ pid, startTicks }: Pick<Used, 'pid' | 'startTicks'>): string {
  return `${pid}:${startTicks}`
}
