/** The processes of the sandbox with their owners and statistics, for users and API clients. */
import type { ProcessOwner, ProcessTree, SandboxProcess } from '@/lib/process-api/process-tree'
import type { ToolboxConfig } from '../../config/toolbox-config'
import { type ProcessStats, readArguments, readProcessStats } from '../../linux/process-stats'
import {
  type ProcessEntry,
  ProcessSnapshot,
  readProcess,
  ticksPerSecond,
  uptimeSeconds,
} from '../../linux/process-table'
import { ancestorsOfThisProcess } from '../../linux/process-tree'
import { isProtectedProcess } from '../../linux/signals'
import { readUserNames } from '../../linux/user-names'
import { CpuSamples, type CpuShares } from './cpu-samples'
import type { ProcessOwners } from './process-owners'
import { sandboxProcesses } from './sandbox-processes'

/** A process with its owner. Zombies are not `alive`. */
export interface ViewedProcess {
  entry: ProcessEntry
  owner: ProcessOwner | null
  alive: boolean
}

const system: ProcessOwner = { kind: 'system' }

export class ProcessView {
  private readonly samples = new CpuSamples()

  constructor(
    private readonly config: Pick<ToolboxConfig, 'isolation' | 'sandboxId'>,
    private readonly owners: ProcessOwners,
  ) {}

  /** All processes of the sandbox with their owners; never those of the host or of another sandbox. */
  all(): ViewedProcess[] {
    const snapshot = new ProcessSnapshot()
    const entries = new Map(sandboxProcesses(this.config, snapshot).map((entry) => [entry.pid, entry]))
    const toolbox = this.config.isolation.kind === 'none' ? readProcess(process.pid) : undefined
    if (toolbox) entries.set(toolbox.pid, toolbox)
    const owners = this.owners.ownersOf(snapshot)
    const own = ancestorsOfThisProcess()
    const ownerOf = ({ pid, parentPid }: ProcessEntry): ProcessOwner | null => {
      if (isProtectedProcess(pid) || own.has(pid)) return system
      // Processes that the toolbox starts for itself belong to no feature.
      return owners.get(pid) ?? (parentPid === toolbox?.pid ? system : null)
    }
    const viewed = [...entries.values()].map((entry) => ({ entry, owner: ownerOf(entry), alive: true }))
    // A zombie has no environment any more, but still has its parent.
    const zombies = snapshot.zombies.filter((entry) => entries.has(entry.parentPid))
    const dead = zombies.map((entry) => ({ entry, owner: owners.get(entry.parentPid) ?? null, alive: false }))
    return [...viewed, ...dead]
  }

  /** The response of the process tree route. */
  tree(): ProcessTree {
    const found = this.all().flatMap((viewed) => {
      const stats = readProcessStats(viewed.entry.pid)
      return stats ? [{ ...viewed, stats }] : []
    })
    const used = found.map(({ entry, stats }) => ({ ...entry, cpuTicks: stats.cpuTicks }))
    const shares = this.samples.compare(used)
    const context = {
      pids: new Set(found.map(({ entry }) => entry.pid)),
      shares,
      uptime: uptimeSeconds(),
      now: Date.now(),
      userName: readUserNames(),
    }
    const processes = found.map((it) => describeProcess(it, context)).sort(byAge)
    return { processes, cpuIntervalMs: shares.intervalMs === null ? null : Math.round(shares.intervalMs) }
  }
}

interface ViewContext {
  pids: ReadonlySet<number>
  shares: CpuShares
  uptime: number | null
  now: number
  userName(uid: number): string
}

function describeProcess(
  { entry, owner, stats }: ViewedProcess & { stats: ProcessStats },
  { pids, shares, uptime, now, userName }: ViewContext,
): SandboxProcess {
  const { pid, parentPid, startTicks, name } = entry
  const { state, uid, memoryBytes, threads, cpuTicks } = stats
  const age = uptime === null ? null : Math.max(0, uptime - startTicks / ticksPerSecond)
  return {
    pid,
    parentPid: pids.has(parentPid) ? parentPid : null,
    startTicks,
    name,
    ...readArguments(pid),
    state,
    user: uid === null ? null : userName(uid),
    startedAt: age === null ? null : new Date(now - age * 1000).toISOString(),
    ageSeconds: age === null ? null : Math.round(age * 10) / 10,
    cpuSeconds: cpuTicks / ticksPerSecond,
    cpuPercent: shares.percentOf({ pid, startTicks, cpuTicks }),
    memoryBytes,
    threads,
    owner,
  }
}

function byAge(a: SandboxProcess, b: SandboxProcess): number {
  return a.startTicks - b.startTicks || a.pid - b.pid
}
