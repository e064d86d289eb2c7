/**
 * Limits of single processes, for hosts without control groups. The address space cannot be limited, because Node and the
 * JVM reserve much more than they use. Private writable memory can, and both work with that.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { LimitsReport } from '@/lib/process-api/sandbox'
import { ProcessSnapshot } from '../../linux/process-table'
import { type HostProcess, isRunning } from '../host-process'
import type { Resources } from '../isolation'
import { gibibyte, LimitError, type Limits, type SandboxLimits } from './limits'

const run = promisify(execFile)

/** Arguments: each limit as one word, `--`, the pids. A process that has exited meanwhile is not an error. */
const script = `program=$1; data=$2; nproc=$3; shift 3
for pid; do
  "$program" --pid "$pid" --data="$data": $nproc || [ ! -e "/proc/$pid" ] || exit 1
done`

/** From the second scan on, new processes have inherited the limits, so few scans suffice. */
const maxScans = 4

export interface RlimitsSetup {
  /** The program `prlimit`. */
  readonly prlimit: string
  /** Why there are no control groups, as one plain sentence. */
  readonly message: string
  /** Null when processes are counted per user of the host rather than per sandbox. */
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

  /** For current and future processes. Sets only the soft limit, so that it can be raised again. */
  async apply({ memory }: Resources, main: HostProcess | null): Promise<void> {
    if (main === null || !isRunning(main)) return
    const { prlimit, processLimit } = this.setup
    const limitValues = { memory: Math.round(memory * gibibyte), processes: processLimit }
    const limited = new Set<number>()
    try {
      // Processes started while their parent was about to be limited are found by the next scan.
      for (let scan = 0; scan < maxScans; scan += 1) {
        const fresh = withDescendants(main.pid).filter((pid) => !limited.has(pid))
        if (fresh.length === 0) return
        for (const pid of fresh) limited.add(pid)
        await setLimits(prlimit, limitValues, fresh)
      }
    } catch (error) {
      const text = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
      throw new LimitError(`The memory limit could not be set: ${text.slice(0, 300)}`, { cause: error })
    }
  }

  async close(): Promise<void> {}
}

/**
 * Set the limits of processes; exited ones are skipped. Rejects when not permitted.
 * @param limits bytes per process, and processes per user
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
  // The array grows during the iteration.
  for (const pid of found) found.push(...entries.filter((it) => it.parentPid === pid).map((it) => it.pid))
  return found
}
