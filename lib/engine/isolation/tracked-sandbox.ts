import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import { type ExecutionEnd, endFromExit as exitOfChild } from '../linux/execution-end'
import { LimitWatch } from '../linux/limit-watch'
import { firstExit } from './exit-watch'
import { exitedWithin, type HostProcess, isRunning, signalProcess } from './host-process'
import type { Resources, SandboxEnd, SandboxProcess } from './isolation'
import type { SandboxLimits } from './limits/limits'
import type { NetworkSwitch } from './network-switch'

/** A process that survives SIGKILL for this long hangs in the kernel. */
const killTimeoutMs = 5_000
/** Time for the other processes to exit by themselves after the sandbox has exited. */
const exitTimeoutMs = 1_000

export interface TrackedParts {
  /** Its exit ends everything inside: the init of the PID namespace, or the toolbox itself. */
  readonly main: HostProcess
  /** The outer process, which waits for the init and exits with it. */
  readonly outer?: HostProcess | null
  /** The toolbox, if it is not `main`: it exits with the init, and vice versa. */
  readonly toolbox?: HostProcess | null
  /** The network helper from the launch. */
  readonly helper?: HostProcess | null
  /** Set when the network can be switched; knows the current helper. */
  readonly network?: NetworkSwitch | null
  /** The toolbox, if this engine started it. */
  readonly child?: ChildProcess
  /** The outer process, if this engine started it. */
  readonly outerChild?: ChildProcess
  /** Output of the started process on stderr so far. */
  readonly errorText?: () => string
  readonly limits: SandboxLimits
  /** For a sandbox without a PID namespace: kills processes that left the tree. */
  readonly sweep?: () => Promise<void>
}

/** Follows the host processes of one sandbox from its launch or adoption to its exit. */
export class TrackedSandbox implements SandboxProcess {
  readonly ended: Promise<SandboxEnd>

  readonly setNetwork?: NonNullable<SandboxProcess['setNetwork']>

  constructor(
    private readonly launched: IsolationReport,
    private readonly parts: TrackedParts,
  ) {
    const { network } = parts
    if (network) this.setNetwork = (requested) => network.apply(requested)
    this.ended = this.follow()
  }

  get report(): IsolationReport {
    const { network } = this.parts
    return network ? { ...this.launched, network: network.kind, networkPolicy: network.policy } : this.launched
  }

  essentialProcesses(): readonly HostProcess[] {
    const { main, outer, toolbox } = this.parts
    return [toolbox, main, outer].filter((each) => each !== null && each !== undefined)
  }

  limit(resources: Resources): Promise<void> {
    return this.parts.limits.apply(resources, this.parts.main)
  }

  async kill(): Promise<void> {
    const { main } = this.parts
    // The other processes exit in the order that lets each reap its children.
    signalProcess(main, 'SIGKILL')
    await this.ended
    if (isRunning(main)) throw new Error(`process ${main.pid} of the sandbox could not be killed`)
  }

  private async follow(): Promise<SandboxEnd> {
    const { main, outer, toolbox, child, outerChild, errorText, sweep, limits } = this.parts
    const limitWatch = new LimitWatch(limits)
    const watched = limitWatch.watch()
    const exit = child ? await firstEnd(child, outerChild) : await this.watch()
    const { reason } = watched.explain(exit)
    limitWatch.close()
    await end(main, 0)
    if (toolbox) await end(toolbox, exitTimeoutMs)
    if (outer) await end(outer, exitTimeoutMs)
    const helper = this.parts.network ? this.parts.network.helper : this.parts.helper
    if (helper) await end(helper, exitTimeoutMs)
    await sweep?.()
    await limits.close()
    return { how: sentenceOf(exit, child !== undefined, errorText?.()), byMemory: reason === 'memory' }
  }

  /** The exit status of a process that is not our child is unknown; assume that it was killed. */
  private async watch(): Promise<ExecutionEnd> {
    const { main, outer, toolbox } = this.parts
    const all = [main, outer, toolbox].filter((process) => process !== null && process !== undefined)
    await firstExit(all)
    return exitOfChild(null, 'SIGKILL')
  }
}

/** Wait for a process to exit by itself, then kill it. */
async function end(process: HostProcess, shutdownTimeoutMs: number): Promise<void> {
  if (await exitedWithin([process], shutdownTimeoutMs)) return
  signalProcess(process, 'SIGKILL')
  await exitedWithin([process], killTimeoutMs)
}

/**
 * How a sandbox exited. The toolbox and the init end each other, so the one killed by a signal is the cause; bwrap reports
 * the init's death by a signal as 128 + n.
 */
async function firstEnd(toolbox: ChildProcess, outer: ChildProcess | undefined): Promise<ExecutionEnd> {
  if (!outer) return exitOf(toolbox)
  const ends = [exitOf(toolbox), exitOf(outer)]
  const first = await Promise.race(ends)
  const tooLate = sleep(exitTimeoutMs, null, { ref: false })
  const [ofToolbox, ofInit] = await Promise.all(ends.map((end) => Promise.race([end, tooLate])))
  if (ofToolbox && ofToolbox.signal !== null) return ofToolbox
  const code = ofInit?.exitCode ?? 0
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0]
  if (signal !== undefined) return { exitCode: code, signal, reason: 'signalled' }
  return ofToolbox ?? first
}

function exitOf(child: ChildProcess): Promise<ExecutionEnd> {
  const ending = () => exitOfChild(child.exitCode, child.signalCode)
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(ending())
  return new Promise((resolve) => child.once('exit', () => resolve(ending())))
}

function sentenceOf({ signal, exitCode }: ExecutionEnd, isSeen: boolean, detail: string | undefined): string {
  const seen = signal === null ? `it exited with code ${exitCode}` : `it was killed by ${signal}`
  const how = isSeen ? seen : 'it exited unexpectedly'
  return detail ? `${how}: ${detail}` : how
}
