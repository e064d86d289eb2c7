/** All sandboxes of one engine in control groups, below one group that belongs to its data folder. */
import { createHash } from 'node:crypto'
import { readdirSync, rmdirSync } from 'node:fs'
import type { LimitsReport } from '@/lib/process-api/sandbox'
import type { ControlGroup } from '../../linux/control-group'
import { GroupLimits } from './group-limits'
import { childOf, foldersOf } from './group-writes'
import type { Limits, SandboxLimits } from './limits'

export class ControlGroups implements Limits {
  /**
   * @param base the group below which each sandbox gets its own
   * @param processLimit most processes of one sandbox
   */
  constructor(
    private readonly base: ControlGroup,
    private readonly processLimit: number,
  ) {}

  get report(): LimitsReport {
    const { version, cpu, pids } = this.base
    return {
      by: `cgroup v${version}`,
      memory: 'sandbox',
      cpu: cpu === null ? 'none' : 'sandbox',
      processes: pids === null ? null : this.processLimit,
      disk: 'none',
    }
  }

  open(sandboxId: string): SandboxLimits {
    const limits = new GroupLimits(childOf(this.base, sandboxId))
    limits.make(this.processLimit)
    return limits
  }

  async tidy(running: ReadonlySet<string>): Promise<void> {
    const left = new Set(foldersOf(this.base).flatMap(groupsIn))
    await Promise.all(
      [...left].filter((id) => !running.has(id)).map((id) => new GroupLimits(childOf(this.base, id)).close()),
    )
  }

  /** Remove the engine's own group, where no sandbox is left in it. */
  release(): void {
    for (const folder of foldersOf(this.base)) {
      try {
        rmdirSync(folder)
      } catch {
        // Something is in it, or it is gone already.
      }
    }
  }
}

/** Engines with different data folders have nothing to do with each other's groups. */
export function groupNameOf(dataDir: string): string {
  return `sandglass-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`
}

function groupsIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    // There is none.
    return []
  }
}
