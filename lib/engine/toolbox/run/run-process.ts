/** One run from its start to its end: program, pipes, deadline, verdict. */
import { log } from '@/lib/log/log'
import type { EndReason } from '@/lib/process-api/execution'
import type { JournalStream } from '@/lib/process-api/extensions'
import type { ExecutionEnd } from '../../linux/execution-end'
import { defaultGraceMs, killTree } from '../../linux/kill-tree'
import { executionMark, type ProcessEntry } from '../../linux/process-table'
import { membersOf, type TreeRoots } from '../../linux/process-tree'
import { SpawnError } from '../../linux/spawn-error'
import type { StateFile } from '../../state/files'
import { mayDrawCharts, RunCharts } from '../charts/run-charts'
import { type Child, startChild } from '../process/child'
import { startDeadline } from '../process/deadline'
import { drain } from '../process/drain'
import type { InputPipe } from '../process/input-pipe'
import { watchExecution } from '../process/input-wait/watch-execution'
import type { OutputPipe } from '../process/output-pipe'
import type { ToolboxServices } from '../services/services'
import { type Program, prepareProgram } from './program'
import type { RunRecord, RunRequest } from './run-record'
import { TransformError } from './typescript'

/** Why a run was ended. */
export type StopReason = Extract<EndReason, 'timeout' | 'stopped' | 'sandbox-stopped'>

/** For a process that even SIGKILL does not end, because it is stuck in the kernel. */
const unkillable = 'Some of its processes could not be killed: the system holds them.'

export class RunProcess {
  private program: Program | null = null
  private leader: ProcessEntry | undefined
  private child: Child | null = null
  private outputs: OutputPipe[] = []
  private input: InputPipe | null = null
  private charting: RunCharts | null = null
  private stopReason: StopReason | null = null
  private killing: Promise<boolean> | null = null
  private announceStuck: () => void = () => {}
  private readonly stuck = new Promise<void>((resolve) => {
    this.announceStuck = resolve
  })
  private announceOpened: () => void = () => {}
  /** Resolves when the pipes are open, or cannot be opened: input may come before the program is ready for it. */
  readonly opened = new Promise<void>((resolve) => {
    this.announceOpened = resolve
  })
  /** Bytes of the journal when the run ended; later output of survivors comes after them. */
  endSize = 0
  /** Resolves when the record has ended. Never rejects. */
  readonly ended: Promise<void>

  constructor(
    private readonly services: ToolboxServices,
    readonly record: RunRecord,
    private readonly request: RunRequest,
    private readonly stdinOpen: boolean,
    private readonly chartsFile: StateFile,
  ) {
    this.ended = this.run().then((end) => {
      this.endSize = record.journal.size
      record.end(end)
    })
  }

  /** Where the run's processes are in the process tree. */
  get roots(): TreeRoots {
    return {
      mark: { variable: executionMark, value: this.record.id },
      ...(this.leader ? { leaders: [this.leader] } : {}),
      supervisor: this.child?.supervisor ?? null,
    }
  }

  /** True once it is certain that none of the run's processes is left. */
  get hasNoProcesses(): boolean {
    return this.child?.hasNoProcesses() ?? false
  }

  /** Resolves when no process can write to the journal any more. */
  get outputsEnded(): Promise<unknown> {
    return Promise.all(this.outputs.map((output) => output.ended))
  }

  /** Null if the run cannot draw any. */
  get charts(): RunCharts | null {
    return this.charting
  }

  get stdin(): InputPipe | null {
    return this.input
  }

  /** Remove the program's files. Call this once none of the run's processes is left. */
  release(): void {
    this.program?.release()
  }

  /** End all processes of the run. Resolves when they have exited; the first reason counts. */
  async stop(reason: StopReason, graceMs = defaultGraceMs): Promise<void> {
    if (!this.record.hasEnded) this.stopReason ??= reason
    this.killing ??= killTree(this.roots, graceMs).finally(() => {
      this.killing = null
    })
    if (!(await this.killing)) this.announceStuck()
  }

  private async run(): Promise<ExecutionEnd> {
    const { timeoutSeconds } = this.record.details
    const cancelDeadline = timeoutSeconds ? startDeadline(timeoutSeconds, () => void this.stop('timeout')) : () => {}
    try {
      const { child, program } = await this.start()
      const [problem, end] = await Promise.all([program.complete().catch((error) => error), this.endOf(child)])
      if (problem && this.stopReason === null) throw problem
      cancelDeadline()
      await this.killing
      await drain(this.outputs)
      return this.explain(end)
    } catch (error) {
      return this.explain(this.failure(error))
    } finally {
      cancelDeadline()
      this.charting?.finish()
      this.input?.destroy()
      this.program?.ended()
    }
  }

  private async start(): Promise<{ child: Child; program: Program }> {
    const { services, request, record } = this
    const env = services.childEnvironment(request.envs, record.id)
    const { language } = record.details
    try {
      await this.openPipes().finally(this.announceOpened)
      const program = await prepareProgram(services, { ...request, runId: record.id, language, env })
      this.program = program
      if (this.stopReason) throw new SpawnError('The run was ended before it started.')
      const [stdout, stderr] = this.outputs
      const child = await startChild(services.starter, {
        file: program.file,
        args: program.args,
        cwd: request.cwd,
        env: this.charting?.environment(program.env, services.config.assetsDir, 3 + program.more.length) ?? program.env,
        stdin: this.input?.stream ?? null,
        stdout: stdout?.stream ?? null,
        stderr: (stderr ?? stdout)?.stream ?? null,
        more: [...program.more, ...(this.charting ? [this.charting.stream] : [])],
      })
      this.leader = child.entry
      this.child = child
      if (this.input?.isOpen) {
        watchExecution(services.inputWatches, record, this.input.channel, (all) => membersOf(this.roots, all))
      }
      return { child, program }
    } finally {
      this.program?.started()
      this.input?.closeReadEnd()
      for (const output of this.outputs) output.closeWriteEnd()
      this.charting?.closeWriteEnd()
    }
  }

  /** One pipe keeps the exact order of both streams; two pipes keep them apart. */
  private async openPipes(): Promise<void> {
    const { pipes } = this.services
    const { journal, details } = this.record
    const streams: JournalStream[] = details.streams === 'merged' ? ['stdout'] : ['stdout', 'stderr']
    for (const stream of streams) this.outputs.push(await pipes.output((bytes) => journal.append(stream, bytes)))
    if (details.language === 'python' && mayDrawCharts(this.request.text)) {
      this.charting = await RunCharts.open(pipes, this.chartsFile)
    }
    if (!this.stdinOpen) return
    this.input = await pipes.input()
    this.input.onClose = () => this.record.setStdinOpen(false)
  }

  /** How the leader ended, or that it could not be killed. */
  private endOf(child: Child): Promise<ExecutionEnd> {
    return Promise.race([
      child.exited,
      this.stuck.then((): ExecutionEnd => ({ exitCode: null, signal: null, reason: 'exited', message: unkillable })),
    ])
  }

  private failure(error: unknown): ExecutionEnd {
    if (error instanceof TransformError) {
      const stream = this.record.details.streams === 'merged' ? 'stdout' : 'stderr'
      this.record.journal.append(stream, Buffer.from(error.message))
      return { exitCode: 1, signal: null, reason: 'exited' }
    }
    if (!(error instanceof SpawnError)) log.error({ err: error }, `run ${this.record.id} could not be started`)
    const message = error instanceof SpawnError ? error.message : 'The toolbox could not start this.'
    return { exitCode: null, signal: null, reason: 'spawn-failed', message }
  }

  /** A stopped run reports the stop as its reason, however the process exited. */
  private explain(end: ExecutionEnd): ExecutionEnd {
    if (this.stopReason === null) return this.services.sentSignals.attribute(this.record, end)
    const seconds = this.record.details.timeoutSeconds
    const timeoutMessage = this.stopReason === 'timeout' ? `Timed out after ${seconds} s.` : null
    const message = end.reason === 'spawn-failed' ? timeoutMessage : (end.message ?? timeoutMessage)
    return { ...end, reason: this.stopReason, message }
  }
}
