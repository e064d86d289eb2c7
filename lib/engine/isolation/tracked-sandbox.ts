import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import { goneWithin, type HostProcess, isRunning, signalProcess } from './host-process'
import type { SandboxProcess } from './isolation'

/** A process that is not our child gives no event when it ends. A look costs about 20 µs. */
const watchMs = 250
/** What survives SIGKILL for so long hangs in the kernel. */
const killTimeoutMs = 5_000
/** The network's helper ends by itself when the sandbox has gone. */
const helperGraceMs = 500

export interface TrackedParts {
  /** Whose end is the end of everything inside. */
  readonly main: HostProcess
  /** Ends with `main` or is ended after it. */
  readonly others: readonly HostProcess[]
  /** The process that we started, when it was this engine that did. */
  readonly child?: ChildProcess
  /** What the started process printed to stderr so far. */
  readonly errorText?: () => string
  /** For a sandbox without a PID namespace: ends what left the tree. */
  readonly sweep?: () => Promise<void>
}

/** Follows the host processes of one sandbox from its launch or adoption to its end. */
export class TrackedSandbox implements SandboxProcess {
  readonly ended: Promise<string>

  constructor(
    readonly report: IsolationReport,
    private readonly parts: TrackedParts,
  ) {
    this.ended = this.follow()
  }

  async kill(): Promise<void> {
    const { main, others } = this.parts
    signalProcess(main, 'SIGKILL')
    // The others see it end and follow, in the order that lets each reap its own.
    if (!(await goneWithin([main, ...others], killTimeoutMs))) {
      throw new Error(`a process of the sandbox (pid ${main.pid}) cannot be killed`)
    }
    await this.ended
  }

  private async follow(): Promise<string> {
    const { main, others, child, errorText, sweep } = this.parts
    const how = child ? await exitOf(child) : await this.watch()
    await goneWithin([main], killTimeoutMs)
    await goneWithin(others, helperGraceMs)
    for (const other of others) signalProcess(other, 'SIGKILL')
    await goneWithin(others, killTimeoutMs)
    await sweep?.()
    const detail = errorText?.()
    return detail ? `${how}: ${detail}` : how
  }

  private async watch(): Promise<string> {
    while (isRunning(this.parts.main)) await sleep(watchMs, undefined, { ref: false })
    return 'it ended unexpectedly'
  }
}

function exitOf(child: ChildProcess): Promise<string> {
  const ending = () =>
    child.signalCode ? `it was ended by ${child.signalCode}` : `it ended with exit code ${child.exitCode}`
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(ending())
  return new Promise((resolve) => child.once('exit', () => resolve(ending())))
}
