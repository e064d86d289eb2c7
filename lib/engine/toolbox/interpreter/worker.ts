/** The worker process of a context, which runs code in sequence in the same namespace, in any language. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { log } from '@/lib/log/log'
import type { JournalStream } from '@/lib/process-api/extensions'
import type { ExecutionEnd } from '../../linux/execution-end'
import { killTree } from '../../linux/kill-tree'
import type { WatchedProcess } from '../../linux/limit-watch'
import { executionMark, type ProcessEntry } from '../../linux/process-table'
import { membersOf, signalAll, type TreeRoots } from '../../linux/process-tree'
import { SpawnError } from '../../linux/spawn-error'
import { type Child, startChild } from '../process/child'
import type { ToolboxServices } from '../services/services'
import type { Language, PreparedCode } from './language'
import { CodeError, type RunError, runError } from './run-errors'
import { RunOutput } from './run-output'
import { WorkerChannel, type WorkerMessage } from './worker-messages'

/** Time for code that blocks interrupts or is inside a native function. */
export const interruptTimeoutMs = 2_000
/** Until the code has noticed the interrupt, children that it starts are signalled at this interval. */
const signalIntervalMs = 100
/** The last messages of an exited process arrive at once; another process that has the socket open must not delay this. */
const channelDrainTimeoutMs = 100
const ticksPerSecond = 100
/** Characters of a prompt and of a version: they are in events, and the code decides how long they are. */
const maxPromptLength = 16 * 1024
const maxVersionLength = 100
const channelBrokenMessage = 'the code closed or disturbed the connection of its own process, so the process was killed'

export interface WorkerOptions {
  language: Language
  cwd: string
  /** Stands in the environment of everything that the context starts. */
  mark: string
}

export interface WorkerRun {
  id: string
  code: string
  envs: Readonly<Record<string, string>>
  /** Report the last value, and let the code ask for input. */
  rich: boolean
}

/** Handlers of what a run produces, called in order. */
export interface WorkerRunListener {
  /** `bytes` is valid only during the call. Also called after the end, for processes that the run left behind. */
  output(stream: JournalStream, bytes: Uint8Array): void
  shown(
    kind: 'result' | 'display',
    data: { representations: Record<string, unknown>; omitted: Record<string, number> },
  ): void
  chart(chart: unknown): void
  question(question: { prompt: string; password: boolean }): void
  /** No process has the run's pipes open any more. */
  closed(): void
}

export type WorkerRunEnd =
  | { kind: 'completed'; exitCode: number }
  | { kind: 'error' | 'interrupted'; error: RunError }
  /** The process exited, so the namespace is lost. */
  | { kind: 'died'; end: ExecutionEnd }

export type InterruptOutcome = 'interrupted' | 'ignored' | 'not-running' | 'process-ended'

interface CurrentRun {
  id: string
  output: RunOutput
  listener: WorkerRunListener
  /** Kernel time at the start, to distinguish the run's children from older ones. */
  startTicks: number
  question: number | null
  isCancelled: boolean
  onInterruptSeen: () => void
  over: Promise<WorkerRunEnd>
  finish: (end: WorkerRunEnd) => void
}

export class ContextWorker {
  private current: CurrentRun | null = null
  private interrupting: Promise<InterruptOutcome> | null = null
  private exitEnd: ExecutionEnd | null = null
  version = ''
  /** How the process ended; resolves after its last message was handled. */
  readonly ended: Promise<ExecutionEnd>

  private constructor(
    private readonly services: ToolboxServices,
    private readonly language: Language,
    private readonly child: Child,
    private readonly channel: WorkerChannel,
    private readonly mark: string,
    watched: WatchedProcess,
  ) {
    let isKilled = false
    // A process whose channel is broken (the code wrote to it, or closed it) is of no use any more.
    void channel.closed.then(async () => {
      // A process that exits closes its channel a moment before.
      if (!channel.isDisturbed)
        await Promise.race([child.exited, sleep(channelDrainTimeoutMs, undefined, { ref: false })])
      if (child.entry) isKilled = signalAll([child.entry], 'SIGKILL') > 0
    })
    this.ended = child.exited.then(async (exit) => {
      const end = isKilled || channel.isDisturbed ? { ...exit, message: channelBrokenMessage } : watched.explain(exit)
      await Promise.race([channel.closed, sleep(channelDrainTimeoutMs, undefined, { ref: false })])
      channel.close()
      this.exitEnd = end
      this.current?.output.readNow()
      this.finish({ kind: 'died', end })
      return end
    })
  }

  /**
   * Start a process and wait until it is ready.
   * Rejects with a `SpawnError` whose message is a plain sentence.
   */
  static async start(services: ToolboxServices, options: WorkerOptions): Promise<ContextWorker> {
    const { language, cwd, mark } = options
    const { file, args, env } = language.program(services, services.childEnvironment({}, mark))
    let startupOutput = ''
    const startup = await services.pipes.output((bytes) => {
      if (startupOutput.length < 4096) startupOutput += Buffer.from(bytes).toString('utf8')
    })
    let onMessage: (message: WorkerMessage) => void = () => {}
    let child: Child
    const watched = services.limits.watch({ isIdle: true })
    try {
      child = await startChild(services.starter, {
        file,
        args,
        cwd,
        env,
        stdin: null,
        stdout: startup.stream,
        stderr: startup.stream,
        more: Array.from({ length: language.sockets }, () => 'socket' as const),
      })
    } catch (error) {
      startup.destroy()
      throw error
    }
    startup.closeWriteEnd()
    const [to, from = to] = child.sockets
    if (!to || !from) throw new SpawnError('the interpreter has no channel')
    const channel = new WorkerChannel(to, from, (message) => onMessage(message))
    const worker = new ContextWorker(services, language, child, channel, mark, watched)
    const ready = new Promise<boolean>((resolve) => {
      onMessage = (message) => {
        if (message.op === 'ready') {
          worker.version = message.version.slice(0, maxVersionLength)
          resolve(true)
        }
      }
      void worker.ended.then(() => resolve(false))
    })
    if (!(await ready)) {
      startup.destroy()
      const reason = startupOutput ? `: ${startupOutput.trim()}` : ''
      throw new SpawnError(`${path.basename(file)} could not start the interpreter${reason}`)
    }
    onMessage = (message) => worker.handleMessage(message)
    return worker
  }

  get pid(): number {
    return this.child.pid
  }

  get hasExited(): boolean {
    return this.exitEnd !== null
  }

  /** Run code, one run at a time. Resolves when the run is over, also when the process exits. */
  async run(run: WorkerRun, listener: WorkerRunListener): Promise<WorkerRunEnd> {
    if (this.current) throw new Error('another run is in progress')
    const output = await RunOutput.open(this.services.pipes, (stream, bytes) => listener.output(stream, bytes))
    void output.closed.then(() => listener.closed())
    if (this.exitEnd) {
      output.release()
      return { kind: 'died', end: this.exitEnd }
    }
    let finish: (end: WorkerRunEnd) => void = () => {}
    const over = new Promise<WorkerRunEnd>((resolve) => {
      finish = resolve
    })
    this.current = {
      id: run.id,
      output,
      listener,
      startTicks: uptimeTicks(),
      question: null,
      isCancelled: false,
      onInterruptSeen: () => {},
      over,
      finish,
    }
    await this.begin(this.current, run)
    return over
  }

  /** Reply to the run's prompt; null is end-of-file. False where the run does not wait for input. */
  answer(text: string | null): boolean {
    const question = this.current?.question ?? null
    if (!this.current || question === null) return false
    this.current.question = null
    this.channel.send({ op: 'answer', question, text })
    return true
  }

  /**
   * Interrupt the code and send SIGINT to the processes that it started, like Ctrl-C. Resolves when the run is over,
   * or after the timeout where the code continues.
   */
  interrupt(): Promise<InterruptOutcome> {
    this.interrupting ??= this.interruptRun().finally(() => {
      this.interrupting = null
    })
    return this.interrupting
  }

  /** Kill the process and everything that any of its runs started. Resolves when all of it has exited. */
  async kill(graceMs = 0): Promise<void> {
    await killTree(this.roots(), graceMs)
    await this.ended
  }

  /** Send the code to the process, unless it has errors or the run was cancelled first. */
  private async begin(current: CurrentRun, { id, code, envs, rich }: WorkerRun): Promise<void> {
    let prepared: PreparedCode
    try {
      prepared = await this.language.prepare(code, this.services)
    } catch (error) {
      if (!(error instanceof CodeError)) log.error({ err: error }, 'the code of a run could not be prepared')
      const report = error instanceof CodeError ? error.report : preparationFailed
      if (this.current === current) this.finish({ kind: 'error', error: report })
      return
    }
    if (this.current !== current) return
    if (current.isCancelled) {
      this.finish({ kind: 'interrupted', error: interruptedBeforeStart })
      return
    }
    const { stdoutPath: out, stderrPath: err } = current.output
    this.channel.send({ op: 'run', id, ...prepared, envs: { ...envs }, rich, input: rich, out, err })
  }

  /** How to find the process and everything that its runs started. */
  roots(): TreeRoots {
    return {
      mark: { variable: executionMark, value: this.mark },
      leaders: this.child.entry ? [this.child.entry] : [],
      supervisor: this.child.supervisor,
    }
  }

  private async interruptRun(): Promise<InterruptOutcome> {
    const run = this.current
    if (!run) return 'not-running'
    run.isCancelled = true
    let seen = false
    const whenSeen = new Promise<void>((resolve) => {
      run.onInterruptSeen = () => {
        seen = true
        resolve()
      }
    })
    const over = run.over.then((end) => (end.kind === 'died' ? ('process-ended' as const) : ('interrupted' as const)))
    const deadline = performance.now() + interruptTimeoutMs
    this.language.interrupt(run.id, this.child.entry, this.channel)
    for (;;) {
      const left = deadline - performance.now()
      if (left <= 0) return 'ignored'
      if (!seen) this.signalChildren(run)
      const wait = sleep(seen ? left : Math.min(signalIntervalMs, left), null, { ref: false })
      const outcome = await Promise.race(seen ? [over, wait] : [over, wait, whenSeen.then(() => null)])
      if (outcome) return outcome
    }
  }

  private signalChildren(run: CurrentRun): void {
    const entry = this.child.entry
    if (!entry) return
    const isOfRun = (child: ProcessEntry) => child.pid !== entry.pid && child.startTicks >= run.startTicks
    signalAll(membersOf({ leaders: [entry] }).filter(isOfRun), 'SIGINT')
  }

  private handleMessage(message: WorkerMessage): void {
    const run = this.current
    if (!run) return
    switch (message.op) {
      case 'started':
        run.output.release()
        return
      case 'sync':
        run.output.readNow()
        this.channel.send({ op: 'ack', seq: message.seq })
        return
      case 'result':
      case 'display':
        run.output.readNow()
        run.listener.shown(message.op, message.data)
        this.channel.send({ op: 'ack', seq: message.seq })
        return
      case 'chart':
        run.output.readNow()
        run.listener.chart(message.chart)
        this.channel.send({ op: 'ack', seq: message.seq })
        return
      case 'input':
        run.output.readNow()
        run.question = message.question
        run.listener.question({ prompt: message.prompt.slice(0, maxPromptLength), password: message.password })
        return
      case 'seen':
        run.onInterruptSeen()
        return
      case 'done':
        if (message.id !== run.id) return
        run.output.readNow()
        if (message.error) {
          this.finish({ kind: message.status === 'interrupted' ? 'interrupted' : 'error', error: message.error })
        } else {
          this.finish({ kind: 'completed', exitCode: Math.trunc(message.exitCode ?? 0) & 0xff })
        }
        return
      case 'ready':
        return
    }
  }

  private finish(end: WorkerRunEnd): void {
    const run = this.current
    if (!run) return
    this.current = null
    run.output.release()
    run.finish(end)
  }
}

/** The run was interrupted before its code was sent to the process. */
const interruptedBeforeStart = runError('Interrupted', 'the run was interrupted')
const preparationFailed = runError('ContextError', 'the code could not be passed to the interpreter')

function uptimeTicks(): number {
  return Math.floor(Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * ticksPerSecond)
}
