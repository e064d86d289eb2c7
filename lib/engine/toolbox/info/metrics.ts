/**
 * `GET /system/metrics`: what the sandbox uses right now and how much it may, from its control groups where it has
 * some, else from /proc, and from the file system that its home is on.
 */
import { readFileSync } from 'node:fs'
import { readFile, statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SystemMetrics } from '@/lib/process-api/metrics'
import type { ToolboxConfig } from '../../config/toolbox-config'
import { readCpuLimit, readCpuSeconds, readMemory, readMemoryLimit } from '../../linux/control-group'
import { sandboxProcesses } from '../process/sandbox-processes'

/** Linux has had 100 of them a second on every architecture that Node runs on. */
const ticksPerSecond = 100
/** A moment long enough for the kernel's clock ticks of 10 ms, and short enough to be waited for. */
const shortestWindowMs = 200
/** An older sample would tell of the past. */
const longestWindowMs = 10_000

interface CpuSample {
  at: number
  seconds: number
}

export class MetricsReader {
  private last: CpuSample | null = null
  private measuring: Promise<number> | null = null

  constructor(
    private readonly services: {
      readonly config: Pick<ToolboxConfig, 'sandboxId' | 'isolation' | 'homeDir' | 'group'>
    },
  ) {}

  async read(): Promise<SystemMetrics> {
    const [cpuUsedPct, memory, disk] = await Promise.all([this.cpuUsed(), this.memory(), this.disk()])
    const now = new Date()
    return {
      cpuCount: this.cores(),
      cpuUsedPct,
      ...memory,
      ...disk,
      timestamp: now.toISOString(),
      timestampUnix: Math.floor(now.getTime() / 1000),
    }
  }

  /** Everything that counts as this sandbox, the toolbox included. */
  private pids(): Set<number> {
    const pids = sandboxProcesses(this.services.config).map(({ pid }) => pid)
    return new Set(this.services.config.isolation.kind === 'none' ? [process.pid, ...pids] : pids)
  }

  /** Requests at the same time share one measurement. */
  private cpuUsed(): Promise<number> {
    this.measuring ??= this.measureCpu().finally(() => {
      this.measuring = null
    })
    return this.measuring
  }

  private async measureCpu(): Promise<number> {
    const age = this.last === null ? Number.POSITIVE_INFINITY : performance.now() - this.last.at
    let before = this.last
    if (before === null || age < shortestWindowMs || age > longestWindowMs) {
      before = this.sampleCpu()
      await sleep(shortestWindowMs)
    }
    const after = this.sampleCpu()
    this.last = after
    const available = ((after.at - before.at) / 1000) * this.cores()
    const share = Math.max(0, after.seconds - before.seconds) / available
    return Math.round(Math.min(1, share) * 1000) / 10
  }

  /** All that was ever used: what has ended is counted with whoever waited for it. */
  private sampleCpu(): CpuSample {
    const { group } = this.services.config
    const counted = group && readCpuSeconds(group)
    if (counted !== null) return { at: performance.now(), seconds: counted }
    let ticks = 0
    for (const pid of this.pids()) ticks += ticksOf(pid)
    return { at: performance.now(), seconds: ticks / ticksPerSecond }
  }

  /** Those of the machine, or fewer where the sandbox may not use as many. */
  private cores(): number {
    const { group } = this.services.config
    return Math.min(availableParallelism(), (group && readCpuLimit(group)) ?? Number.POSITIVE_INFINITY)
  }

  private async memory(): Promise<Pick<SystemMetrics, 'memTotal' | 'memUsed' | 'memCache'>> {
    const { group } = this.services.config
    const use = group && readMemory(group)
    if (group && use) {
      const memTotal = Math.min(memoryOfMachine(), readMemoryLimit(group) ?? Number.POSITIVE_INFINITY)
      return { memTotal, memUsed: Math.max(0, use.current - use.cache), memCache: use.cache }
    }
    const sizes = await Promise.all([...this.pids()].map(memoryOf))
    return { memTotal: memoryOfMachine(), memUsed: sizes.reduce((sum, size) => sum + size, 0) }
  }

  private async disk(): Promise<Pick<SystemMetrics, 'diskTotal' | 'diskUsed' | 'diskFree'>> {
    const { bsize, blocks, bfree, bavail } = await statfs(this.services.config.homeDir)
    return { diskTotal: blocks * bsize, diskUsed: (blocks - bfree) * bsize, diskFree: bavail * bsize }
  }
}

/** Of the process and of its children that it has waited for; 0 where it has ended. */
function ticksOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
  } catch {
    return 0
  }
}

/** Bytes of one process, where what it shares with others counts in part; 0 where it has ended. */
async function memoryOf(pid: number): Promise<number> {
  // One that may not be looked into counts with the whole of its resident memory.
  return (
    (await sizeIn(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB$/m)) ??
    (await sizeIn(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB$/m)) ??
    0
  )
}

async function sizeIn(file: string, line: RegExp): Promise<number | null> {
  try {
    const kilobytes = line.exec(await readFile(file, 'latin1'))?.[1]
    return kilobytes === undefined ? null : Number(kilobytes) * 1024
  } catch {
    return null
  }
}

/** Of this machine, or of the container that all of this runs in. */
function memoryOfMachine(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}
