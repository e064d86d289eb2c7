/** One sandbox in its own control groups. */
import { existsSync, mkdirSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { log } from '@/lib/log/log'
import type { ControlGroup } from '../../linux/control-group'
import type { Resources } from '../isolation'
import { foldersOf, membersOf, writeCpuLimit, writeFile, writeMemoryLimit, writeProcessLimit } from './group-writes'
import type { SandboxLimits } from './limits'

const pollIntervalMs = 5
/** A process that survives SIGKILL for this long hangs in the kernel. */
const emptyTimeoutMs = 5_000

/** Enters groups and then executes a program. Arguments: the `cgroup.procs` files, `--`, the program. */
const enter = `while [ "$1" != -- ]; do echo 0 >"$1" || exit 1; shift; done
shift
unset PWD OLDPWD
exec "$@"`

export class GroupLimits implements SandboxLimits {
  constructor(readonly group: ControlGroup) {}

  /** Create the groups. Throws when that fails. */
  make(processLimit: number): void {
    for (const folder of foldersOf(this.group)) mkdirSync(folder, { recursive: true })
    writeProcessLimit(this.group, processLimit)
  }

  wrap(command: readonly string[]): string[] {
    const files = foldersOf(this.group).map((folder) => path.join(folder, 'cgroup.procs'))
    return ['/bin/sh', '-c', enter, 'enter', ...files, '--', ...command]
  }

  async apply({ memory, cpu }: Resources): Promise<void> {
    writeMemoryLimit(this.group, memory)
    writeCpuLimit(this.group, cpu)
  }

  async close(): Promise<void> {
    try {
      await this.empty()
      for (const folder of foldersOf(this.group)) await removeGroup(folder)
    } catch (error) {
      log.error({ err: error }, 'a control group could not be removed')
    }
  }

  /** With a process limit of 0, the group cannot fork faster than it is killed. */
  private async empty(): Promise<void> {
    const deadline = performance.now() + emptyTimeoutMs
    for (let first = true; membersOf(this.group).length > 0 && performance.now() < deadline; first = false) {
      if (first) writeProcessLimit(this.group, 0)
      if (!this.killAtOnce()) for (const pid of membersOf(this.group)) kill(pid)
      await sleep(pollIntervalMs)
    }
  }

  /** Linux 5.14 and later, version 2 only. */
  private killAtOnce(): boolean {
    const file = path.join(foldersOf(this.group)[0] ?? '', 'cgroup.kill')
    if (this.group.version !== 2 || !existsSync(file)) return false
    writeFile(file, '1')
    return true
  }
}

/** Remove an empty group. A process that has just exited may still be counted for a moment. */
export async function removeGroup(folder: string): Promise<void> {
  const deadline = performance.now() + emptyTimeoutMs
  for (;;) {
    try {
      await rmdir(folder)
      return
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null
      if (code === 'ENOENT') return
      if (code !== 'EBUSY' || performance.now() > deadline) throw error
    }
    await sleep(pollIntervalMs)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
