/**
 * `GET /system/metrics`: the sandbox's current usage and limits, from its control groups if it has any, else from /proc,
 * and from the file system of its home.
 */
import { readFileSync } from 'node:fs'
import { readFile, statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SystemMetrics } from '@/lib/process-api/metrics'
import type { ToolboxConfig } from '../../config/toolbox-config'
import { readCpuLimit, readCpuSeconds, readMemory, readMemoryLimit } from '../../linux/control-group'
import { sandboxProcesses } from '../process/sandbox-processes'

/** Always 100 on Linux, on every architecture that Node supports. */
const ticksPerSecond = 100
/** Long enough for the kernel's clock ticks of 10 ms, short enough to wait for. */
const minWindowMs = 200
/** An older sample would no longer describe the present. */
const maxWindowMs = 10_000

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

  /** All processes of this sandbox, including the toolbox if there is no isolation. */
  private pids(): Set<number> {
    const pids = sandboxProcesses(this.services.config).map(({ pid }) => pid)
    return new Set(this.services.config.isolation.kind === 'none' ? [process.pid, ...pids] : pids)
  }

  /** Concurrent requests share one measurement. */
  private cpuUsed(): Promise<number> {
    this.measuring ??= this.measureCpu().finally(() => {
      this.measuring = null
    })
    return this.measuring
  }

  private async measureCpu(): Promise<number> {
    const age = this.last === null ? Number.POSITIVE_INFINITY : performance.now() - this.last.at
    let before = this.last
    if (before === null || age < minWindowMs || age > maxWindowMs) {
      before = this.sampleCpu()
      await sleep(minWindowMs)
    }
    const after = this.sampleCpu()
    this.last = after
    const available = ((after.at - before.at) / 1000) * this.cores()
    const share = Math.max(0, after.seconds - before.seconds) / available
    return Math.round(Math.min(1, share) * 1000) / 10
  }

  /** Processor time used so far. Exited processes are counted with the parent that reaped them. */
  private sampleCpu(): CpuSample {
    const { group } = this.services.config
    const counted = group && readCpuSeconds(group)
    if (counted !== null) return { at: performance.now(), seconds: counted }
    let ticks = 0
    for (const pid of this.pids()) ticks += cpuTicksOf(pid)
    return { at: performance.now(), seconds: ticks / ticksPerSecond }
  }

  /** Cores of the machine, or the sandbox's limit if lower. */
  private cores(): number {
    const { group } = this.services.config
    return Math.min(availableParallelism(), (group && readCpuLimit(group)) ?? Number.POSITIVE_INFINITY)
  }

  private async memory(): Promise<Pick<SystemMetrics, 'memTotal' | 'memUsed' | 'memCache'>> {
    const { group } = this.services.config
    const use = group && readMemory(group)
    if (group && use) {
      const memTotal = Math.min(machineMemory(), readMemoryLimit(group) ?? Number.POSITIVE_INFINITY)
      return { memTotal, memUsed: Math.max(0, use.current - use.cache), memCache: use.cache }
    }
    const sizes = await Promise.all([...this.pids()].map(memoryOf))
    return { memTotal: machineMemory(), memUsed: sizes.reduce((sum, size) => sum + size, 0) }
  }

  private async disk(): Promise<Pick<SystemMetrics, 'diskTotal' | 'diskUsed' | 'diskFree'>> {
    const { bsize, blocks, bfree, bavail } = await statfs(this.services.config.homeDir)
    return { diskTotal: blocks * bsize, diskUsed: (blocks - bfree) * bsize, diskFree: bavail * bsize }
  }
}

/** Clock ticks of the process and of its reaped children; 0 if it has exited. */
function cpuTicksOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
  } catch {
    return 0
  }
}

/** Memory of one process in bytes, shared memory counted proportionally; 0 if it has exited. */
async function memoryOf(pid: number): Promise<number> {
  // If the proportional size is not readable, the resident size counts.
  return (
    (await readSize(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB$/m)) ??
    (await readSize(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB$/m)) ??
    0
  )
}

async function readSize(file: string, line: RegExp): Promise<number | null> {
  try {
    const kilobytes = line.exec(await readFile(file, 'latin1'))?.[1]
    return kilobytes === undefined ? null : Number(kilobytes) * 1024
  } catch {
    return null
  }
}

/** Memory of this machine, or of the container that the engine runs in. */
function machineMemory(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}
