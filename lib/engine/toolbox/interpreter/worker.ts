/** One process that runs one piece of code after another in the same namespace, whatever its language. */
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
import { CodeError, type Language, type PreparedCode } from './language'
import { RunOutput } from './run-output'
import { WorkerChannel, type WorkerMessage } from './worker-messages'

/** How long code that does not let itself be interrupted, or sits in a native function, is given. */
export const interruptGraceMs = 2_000
/** Children that are started while the interrupt has not been noticed get theirs at this interval. */
const resendMs = 100
/** The rest of what a dead process said arrives at once; a stranger that holds the socket must not hold this up. */
const lastWordsMs = 100
const ticksPerSecond = 100
const cutOff = 'the code closed or disturbed the connection of its own process, which had to be ended'

export interface WorkerOptions {
  language: Language
  cwd: string
  /** Found in the environment of everything that the context starts. */
  mark: string
}

export interface WorkerRun {
  id: string
  code: string
  envs: Readonly<Record<string, string>>
  /** Show the last value, and let the code ask for input. */
  rich: boolean
}

/** What a run produces; each is complete before the next one begins. */
export interface WorkerRunListener {
  /** `bytes` is valid during the call only. It may still be called after the end, by what the run left behind. */
  output(stream: JournalStream, bytes: Uint8Array): void
  shown(
    kind: 'result' | 'display',
    data: { representations: Record<string, unknown>; omitted: Record<string, number> },
  ): void
  chart(chart: unknown): void
  question(question: { prompt: string; password: boolean }): void
  /** No process holds the run's pipes any more. */
  closed(): void
}

export type WorkerRunEnd =
  | { kind: 'completed'; exitCode: number }
  | { kind: 'error' | 'interrupted'; error: { name: string; value: string; traceback: string } }
  /** The process ended, and the namespace with it. */
  | { kind: 'died'; end: ExecutionEnd }

export type InterruptOutcome = 'interrupted' | 'ignored' | 'not-running' | 'process-ended'

interface CurrentRun {
  id: string
  output: RunOutput
  listener: WorkerRunListener
  /** Kernel time at the start, by which the run's own children are told from older ones. */
  startTicks: number
  question: number | null
  calledOff: boolean
  interruptSeen: () => void
  over: Promise<WorkerRunEnd>
  finish: (end: WorkerRunEnd) => void
}

export class ContextWorker {
  private current: CurrentRun | null = null
  private interrupting: Promise<InterruptOutcome> | null = null
  private dead: ExecutionEnd | null = null
  version = ''
  /** How the process ended; resolves after everything that it had said was heard. */
  readonly ended: Promise<ExecutionEnd>

  private constructor(
    private readonly services: ToolboxServices,
    private readonly language: Language,
    private readonly child: Child,
    private readonly channel: WorkerChannel,
    private readonly mark: string,
    watched: WatchedProcess,
  ) {
    let isCutOff = false
    // A process that cannot be spoken to any more (the code wrote to the channel, or closed it) is of no use.
    void channel.closed.then(async () => {
      // One that ends has closed all that it had a moment before.
      if (!channel.isDisturbed) await Promise.race([child.exited, sleep(lastWordsMs, undefined, { ref: false })])
      if (child.entry) isCutOff = signalAll([child.entry], 'SIGKILL') > 0
    })
    this.ended = child.exited.then(async (exit) => {
      const end = isCutOff || channel.isDisturbed ? { ...exit, message: cutOff } : watched.explain(exit)
      await Promise.race([channel.closed, sleep(lastWordsMs, undefined, { ref: false })])
      channel.close()
      this.dead = end
      this.current?.output.readNow()
      this.finish({ kind: 'died', end })
      return end
    })
  }

  /**
   * Start a process and wait until it can run code.
   * Rejects with a `SpawnError` whose message is a plain sentence.
   */
  static async start(services: ToolboxServices, options: WorkerOptions): Promise<ContextWorker> {
    const { language, cwd, mark } = options
    const { file, args } = language.program(services)
    let complaints = ''
    const startup = await services.pipes.output((bytes) => {
      if (complaints.length < 4096) complaints += Buffer.from(bytes).toString('utf8')
    })
    let messages: (message: WorkerMessage) => void = () => {}
    let child: Child
    const watched = services.limits.watch({ isIdle: true })
    try {
      child = await startChild(services.starter, {
        file,
        args,
        cwd,
        env: services.childEnvironment({}, mark),
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
    if (!to || !from) throw new SpawnError('the interpreter got no channel')
    const channel = new WorkerChannel(to, from, (message) => messages(message))
    const worker = new ContextWorker(services, language, child, channel, mark, watched)
    const ready = new Promise<boolean>((resolve) => {
      messages = (message) => {
        if (message.op === 'ready') {
          worker.version = message.version
          resolve(true)
        }
      }
      void worker.ended.then(() => resolve(false))
    })
    if (!(await ready)) {
      startup.destroy()
      const why = complaints ? `: ${complaints.trim()}` : ''
      throw new SpawnError(`${path.basename(file)} could not start the interpreter${why}`)
    }
    messages = (message) => worker.heard(message)
    return worker
  }

  get pid(): number {
    return this.child.pid
  }

  get isDead(): boolean {
    return this.dead !== null
  }

  /** Run code; one run at a time. Resolves when it is over, also when the process dies. */
  async run(run: WorkerRun, listener: WorkerRunListener): Promise<WorkerRunEnd> {
    if (this.current) throw new Error('a run is under way')
    const output = await RunOutput.open(this.services.pipes, (stream, bytes) => listener.output(stream, bytes))
    void output.closed.then(() => listener.closed())
    if (this.dead) {
      output.release()
      return { kind: 'died', end: this.dead }
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
      calledOff: false,
      interruptSeen: () => {},
      over,
      finish,
    }
    await this.begin(this.current, run)
    return over
  }

  /** Answer the question of the run; null is end-of-file. False where nothing is asked. */
  answer(text: string | null): boolean {
    const question = this.current?.question ?? null
    if (!this.current || question === null) return false
    this.current.question = null
    this.channel.send({ op: 'answer', question, text })
    return true
  }

  /**
   * Interrupt the code and send SIGINT to what it started, as Ctrl-C does. Resolves when the run is
   * over, or after the grace where the code went on.
   */
  interrupt(): Promise<InterruptOutcome> {
    this.interrupting ??= this.interruptRun().finally(() => {
      this.interrupting = null
    })
    return this.interrupting
  }

  /** End the process and everything that any of its runs started. Resolves when all is gone. */
  async kill(graceMs = 0): Promise<void> {
    await killTree(this.roots(), graceMs)
    await this.ended
  }

  /** Hand the code to the process, unless it has errors or the run was called off before. */
  private async begin(current: CurrentRun, { id, code, envs, rich }: WorkerRun): Promise<void> {
    let prepared: PreparedCode
    try {
      prepared = await this.language.prepare(code, this.services)
    } catch (error) {
      if (!(error instanceof CodeError)) log.error({ err: error }, 'the code of a run could not be prepared')
      const shown = error instanceof CodeError ? error.shown : unpreparedCode
      if (this.current === current) this.finish({ kind: 'error', error: shown })
      return
    }
    if (this.current !== current) return
    if (current.calledOff) {
      this.finish({ kind: 'interrupted', error: interruptedEarly })
      return
    }
    const { stdoutPath: out, stderrPath: err } = current.output
    this.channel.send({ op: 'run', id, ...prepared, envs: { ...envs }, rich, input: rich, out, err })
  }

  /** How to find the process and all that its runs started. */
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
    run.calledOff = true
    let seen = false
    const whenSeen = new Promise<void>((resolve) => {
      run.interruptSeen = () => {
        seen = true
        resolve()
      }
    })
    const over = run.over.then((end) => (end.kind === 'died' ? ('process-ended' as const) : ('interrupted' as const)))
    const deadline = performance.now() + interruptGraceMs
    this.language.interrupt(run.id, this.child.entry, this.channel)
    for (;;) {
      const left = deadline - performance.now()
      if (left <= 0) return 'ignored'
      if (!seen) this.signalChildren(run)
      const wait = sleep(seen ? left : Math.min(resendMs, left), null, { ref: false })
      const outcome = await Promise.race(seen ? [over, wait] : [over, wait, whenSeen.then(() => null)])
      if (outcome) return outcome
    }
  }

  private signalChildren(run: CurrentRun): void {
    const entry = this.child.entry
    if (!entry) return
    const since = (it: ProcessEntry) => it.pid !== entry.pid && it.startTicks >= run.startTicks
    signalAll(membersOf({ leaders: [entry] }).filter(since), 'SIGINT')
  }

  private heard(message: WorkerMessage): void {
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
        run.listener.question({ prompt: message.prompt, password: message.password })
        return
      case 'seen':
        run.interruptSeen()
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

/** The run was interrupted before its code reached the process. */
const interruptedEarly = shownError('Interrupted', 'the run was interrupted')
const unpreparedCode = shownError('ContextError', 'the code could not be handed to the interpreter')

function shownError(name: string, value: string) {
  return { name, value, traceback: `${name}: ${value}\n` }
}

function uptimeTicks(): number {
  return Math.floor(Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * ticksPerSecond)
}
