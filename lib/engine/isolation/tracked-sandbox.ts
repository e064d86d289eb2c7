import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import { type ExecutionEnd, endFromExit as exitOfChild } from '../linux/execution-end'
import { LimitWatch } from '../linux/limit-watch'
import { goneWithin, type HostProcess, isRunning, signalProcess } from './host-process'
import type { Resources, SandboxEnd, SandboxProcess } from './isolation'
import type { SandboxLimits } from './limits/limits'
import type { NetworkSwitch } from './network-switch'

/** A process that is not our child gives no event when it ends. A look costs about 20 µs. */
const watchMs = 250
/** What survives SIGKILL for so long hangs in the kernel. */
const killTimeoutMs = 5_000
/** The others end by themselves when the sandbox has gone. */
const followMs = 1_000

export interface TrackedParts {
  /** Its end takes everything inside along: the init of the PID namespace, or the toolbox itself. */
  readonly main: HostProcess
  /** The process outside that waits for the init, and ends with it. */
  readonly outer?: HostProcess | null
  /** The toolbox, where it is not `main`: it ends with the init, and the init with it. */
  readonly toolbox?: HostProcess | null
  /** The process that served the network from the start. */
  readonly helper?: HostProcess | null
  /** Where the network can be cut off and given back: knows who serves it now. */
  readonly network?: NetworkSwitch | null
  /** The toolbox, when it was this engine that started it. */
  readonly child?: ChildProcess
  /** The process outside, when it was this engine that started it. */
  readonly outerChild?: ChildProcess
  /** What the started process printed to stderr so far. */
  readonly errorText?: () => string
  readonly limits: SandboxLimits
  /** For a sandbox without a PID namespace: ends what left the tree. */
  readonly sweep?: () => Promise<void>
}

/** Follows the host processes of one sandbox from its launch or adoption to its end. */
export class TrackedSandbox implements SandboxProcess {
  readonly ended: Promise<SandboxEnd>

  readonly setNetwork?: NonNullable<SandboxProcess['setNetwork']>

  constructor(
    private readonly launched: IsolationReport,
    private readonly parts: TrackedParts,
  ) {
    const { network } = parts
    if (network) this.setNetwork = (wanted) => network.turn(wanted)
    this.ended = this.follow()
  }

  get report(): IsolationReport {
    const { network } = this.parts
    return network ? { ...this.launched, network: network.kind, networkPolicy: network.policy } : this.launched
  }

  vital(): readonly HostProcess[] {
    const { main, outer, toolbox } = this.parts
    return [toolbox, main, outer].filter((each) => each !== null && each !== undefined)
  }

  limit(resources: Resources): Promise<void> {
    return this.parts.limits.apply(resources, this.parts.main)
  }

  async kill(): Promise<void> {
    const { main } = this.parts
    // The others see it end and follow, in the order that lets each reap its own.
    signalProcess(main, 'SIGKILL')
    await this.ended
    if (isRunning(main)) throw new Error(`a process of the sandbox (pid ${main.pid}) cannot be killed`)
  }

  private async follow(): Promise<SandboxEnd> {
    const { main, outer, toolbox, child, outerChild, errorText, sweep, limits } = this.parts
    const watched = new LimitWatch(limits).watch()
    const exit = child ? await firstEnd(child, outerChild) : await this.watch()
    const { reason } = watched.explain(exit)
    await end(main, 0)
    if (toolbox) await end(toolbox, followMs)
    if (outer) await end(outer, followMs)
    const helper = this.parts.network ? this.parts.network.helper : this.parts.helper
    if (helper) await end(helper, followMs)
    await sweep?.()
    await limits.close()
    return { how: sentenceOf(exit, child !== undefined, errorText?.()), byMemory: reason === 'memory' }
  }

  /** Nobody tells how a process ended that is not our child: it may have been killed. */
  private async watch(): Promise<ExecutionEnd> {
    const { main, outer, toolbox } = this.parts
    const all = [main, outer, toolbox].filter((process) => process !== null && process !== undefined)
    while (all.every(isRunning)) await sleep(watchMs, undefined, { ref: false })
    return exitOfChild(null, 'SIGKILL')
  }
}

/** Wait for a process to end by itself, then end it. */
async function end(process: HostProcess, shutdownTimeoutMs: number): Promise<void> {
  if (await goneWithin([process], shutdownTimeoutMs)) return
  signalProcess(process, 'SIGKILL')
  await goneWithin([process], killTimeoutMs)
}

/**
 * How a sandbox ended. The toolbox and the init take each other along, so the one that a signal ended is the cause; bwrap
 * passes on the init's death by a signal as 128 + n.
 */
async function firstEnd(toolbox: ChildProcess, outer: ChildProcess | undefined): Promise<ExecutionEnd> {
  if (!outer) return exitOf(toolbox)
  const ends = [exitOf(toolbox), exitOf(outer)]
  const first = await Promise.race(ends)
  const tooLate = sleep(followMs, null, { ref: false })
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
  const seen = signal === null ? `it ended with exit code ${exitCode}` : `it was ended by ${signal}`
  const how = isSeen ? seen : 'it ended unexpectedly'
  return detail ? `${how}: ${detail}` : how
}
