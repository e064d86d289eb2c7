/**
 * Limits of single processes, for a host that gives out no control groups. The address space cannot be limited: Node
 * and the JVM reserve much more of it than they use. The writable private memory can, with which both work.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { LimitsReport } from '@/lib/process-api/sandbox'
import { ProcessSnapshot } from '../../linux/process-table'
import { type HostProcess, isRunning } from '../host-process'
import type { Resources } from '../isolation'
import { gibibyte, LimitError, type Limits, type SandboxLimits } from './limits'

const run = promisify(execFile)

/** Arguments: the limits as one word each, `--`, the pids. A process that has ended meanwhile is no failure. */
const script = `program=$1; data=$2; nproc=$3; shift 3
for pid; do
  "$program" --pid "$pid" --data="$data": $nproc || [ ! -e "/proc/$pid" ] || exit 1
done`

/** From the second look on, what is new has the limits of its parent: more are not worth it. */
const enoughLooks = 4

export interface RlimitsSetup {
  /** The program `prlimit`. */
  readonly prlimit: string
  /** Why there are no control groups, one plain sentence. */
  readonly message: string
  /** Null where processes are counted for the whole of the host's user and not for each sandbox. */
  readonly processLimit: number | null
}

export class Rlimits implements Limits {
  constructor(private readonly setup: RlimitsSetup) {}

  get report(): LimitsReport {
    const { message, processLimit } = this.setup
    return { by: 'rlimits', memory: 'process', cpu: 'none', processes: processLimit, disk: 'none', message }
  }

  open(): SandboxLimits {
    return new SandboxRlimits(this.setup)
  }

  async tidy(): Promise<void> {}

  release(): void {}
}

export class SandboxRlimits implements SandboxLimits {
  readonly group = null

  constructor(private readonly setup: Pick<RlimitsSetup, 'prlimit' | 'processLimit'>) {}

  wrap(command: readonly string[]): string[] {
    return [...command]
  }

  /** For all that runs now and what is started from now on. Only the soft limit, so that it can be raised again. */
  async apply({ memory }: Resources, main: HostProcess | null): Promise<void> {
    if (main === null || !isRunning(main)) return
    const { prlimit, processLimit } = this.setup
    const wanted = { memory: Math.round(memory * gibibyte), processes: processLimit }
    const limited = new Set<number>()
    try {
      // What is started while its parent is about to be limited is found by the next look.
      for (let look = 0; look < enoughLooks; look += 1) {
        const fresh = withDescendants(main.pid).filter((pid) => !limited.has(pid))
        if (fresh.length === 0) return
        for (const pid of fresh) limited.add(pid)
        await setLimits(prlimit, wanted, fresh)
      }
    } catch (error) {
      const text = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
      throw new LimitError(`The memory limit could not be set: ${text.slice(0, 300)}`, { cause: error })
    }
  }

  async close(): Promise<void> {}
}

/**
 * Set the limits of these processes; one that has ended is passed over. Rejects where that is not allowed.
 * @param limits bytes of each process, and processes of its user
 */
export async function setLimits(
  prlimit: string,
  { memory, processes }: { memory: number; processes: number | null },
  pids: readonly number[],
): Promise<void> {
  const nproc = processes === null ? '' : `--nproc=${processes}:${processes}`
  await run('/bin/sh', ['-c', script, 'limit', prlimit, String(memory), nproc, ...pids.map(String)])
}

function withDescendants(root: number): number[] {
  const entries = [...new ProcessSnapshot().entries.values()]
  const found = [root]
  // Grows while it is walked.
  for (const pid of found) found.push(...entries.filter((it) => it.parentPid === pid).map((it) => it.pid))
  return found
}
