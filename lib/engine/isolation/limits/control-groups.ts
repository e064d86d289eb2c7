/** Control groups for all sandboxes of one engine, below one group for its data directory. */
import { createHash } from 'node:crypto'
import { readdirSync, rmdirSync } from 'node:fs'
import type { LimitsReport } from '@/lib/process-api/sandbox'
import type { ControlGroup } from '../../linux/control-group'
import { GroupLimits } from './group-limits'
import { childOf, foldersOf } from './group-writes'
import type { Limits, SandboxLimits } from './limits'

export class ControlGroups implements Limits {
  /**
   * @param base the parent group of all sandboxes
   * @param processLimit maximum number of processes per sandbox
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

  /** Remove the engine's own group, if no sandbox is left in it. */
  release(): void {
    for (const folder of foldersOf(this.base)) {
      try {
        rmdirSync(folder)
      } catch {
        // The group is in use, or was removed already.
      }
    }
  }
}

/** A group name per data directory, so that engines do not interfere with each other. */
export function groupNameOf(dataDir: string): string {
  return `sandglass-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`
}

function groupsIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    // The folder does not exist.
    return []
  }
}
