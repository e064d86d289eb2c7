/** One interpreter context: its runs strictly one after another, in a process that is started when it is needed. */
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import {
  type ContextDetail,
  type ContextState,
  type InterpreterContext as InterpreterContextDto,
  type InterruptAnswer,
  maxQueuedRuns,
} from '@/lib/process-api/interpreter'
import type { CodeLanguage } from '@/lib/process-api/process'
import type { ExecutionEnd } from '../../linux/execution-end'
import type { TreeRoots } from '../../linux/process-tree'
import { SpawnError } from '../../linux/spawn-error'
import { readChart } from '../charts/read-chart'
import { startDeadline } from '../process/deadline'
import type { ToolboxServices } from '../services/services'
import type { ContextRun, RunEnding } from './context-run'
import { type Language, languages } from './language'
import { ContextWorker, type WorkerRunEnd, type WorkerRunListener } from './worker'

/** What survives the toolbox. */
export interface StoredContext {
  id: string
  language: CodeLanguage
  cwd: string
  createdAt: string
  generation: number
}

/** Why the process is being ended on purpose. */
type TeardownReason = 'deleted' | 'restarted' | 'sandbox-stopped'

export interface ContextOwner {
  readonly services: ToolboxServices
  /** Something of the context changed; `kept` when it must be written down. */
  contextChanged(context: InterpreterContext, kept: boolean): void
  runChanged(run: ContextRun): void
  /** The run can change no more, save for output of what it left behind. */
  runEnded(run: ContextRun): void
  /** Sizes of a run's output changed after its end. */
  runOutputClosed(run: ContextRun): void
}

export class InterpreterContext {
  private worker: ContextWorker | null = null
  private starting: Promise<ContextWorker> | null = null
  private readonly queue: ContextRun[] = []
  private current: ContextRun | null = null
  private working = false
  private doom: TeardownReason | null = null
  private interruptAsked = false
  private question: { prompt: string; password: boolean } | null = null
  private lost: { at: string; message: string } | null = null
  private readonly language: Language
  private generation: number
  private version: string | null = null

  constructor(
    private readonly owner: ContextOwner,
    private readonly stored: StoredContext,
  ) {
    this.language = languages[stored.language]
    this.generation = stored.generation
    if (stored.generation > 0) this.noteLoss('the sandbox was restarted')
  }

  get id(): string {
    return this.stored.id
  }

  toStored(): StoredContext {
    return { ...this.stored, generation: this.generation }
  }

  toWire(): InterpreterContextDto {
    const { id, language, cwd, createdAt } = this.stored
    return { id, cwd, createdAt, active: this.doom !== 'deleted', language }
  }

  toDetail(): ContextDetail {
    return {
      ...this.toWire(),
      state: this.state,
      generation: this.generation,
      pid: this.worker?.pid ?? null,
      version: this.version,
      currentRun: this.current?.id ?? null,
      queuedRuns: this.queue.length,
      question: this.question,
      lost: this.lost,
    }
  }

  /** How to find its processes; null where there are none. */
  get roots(): TreeRoots | null {
    return this.worker?.roots() ?? null
  }

  /** Have the process running. Rejects with a `SpawnError` that says why it cannot. */
  async start(): Promise<void> {
    await this.ready()
  }

  /** True when a run that is submitted now begins at once. */
  get isReady(): boolean {
    return !this.working && this.worker !== null && !this.worker.isDead && this.doom === null
  }

  /** Refuse a run before it is recorded. */
  checkRoom(): void {
    if (this.queue.length < maxQueuedRuns) return
    throw new ApiError('TOO_MANY_REQUESTS', `${maxQueuedRuns} runs wait for this context already`, {
      limit: maxQueuedRuns,
    })
  }

  /** Queue a run. It starts at once where nothing is before it. */
  submit(run: ContextRun): void {
    this.queue.push(run)
    this.renumber()
    if (this.working) this.owner.contextChanged(this, false)
    else void this.work()
  }

  async interrupt(): Promise<InterruptAnswer> {
    if (!this.current || !this.worker) return { outcome: 'not-running', state: this.worker ? 'kept' : 'lost' }
    this.interruptAsked = true
    const outcome = await this.worker.interrupt()
    return { outcome, state: outcome === 'process-ended' ? 'lost' : 'kept' }
  }

  /** Answer `input()`; null is end-of-file. Throws where nothing is asked. */
  answer(text: string | null): void {
    const { current, question } = this
    if (!current || !question || !this.worker) throw new ApiError('CONFLICT', 'the context asks for no input now')
    this.setQuestion(null)
    current.add({ kind: 'answer', text: question.password ? null : text })
    this.worker.answer(text)
  }

  /** End the process and everything it started; runs that wait are given up. The next run begins afresh. */
  async restart(): Promise<void> {
    await this.end('restarted')
  }

  async delete(): Promise<void> {
    await this.end('deleted')
  }

  async shutDown(): Promise<void> {
    await this.end('sandbox-stopped')
  }

  private get state(): ContextState {
    if (this.current) return 'busy'
    if (this.starting) return 'starting'
    return this.worker ? 'idle' : 'new'
  }

  private async work(): Promise<void> {
    this.working = true
    try {
      for (let run = this.queue.shift(); run; run = this.queue.shift()) {
        this.renumber()
        await this.perform(run)
      }
    } finally {
      this.working = false
      this.owner.contextChanged(this, false)
    }
  }

  private async perform(run: ContextRun): Promise<void> {
    let worker: ContextWorker
    try {
      worker = await this.ready()
    } catch (error) {
      this.giveUp(run, error)
      return
    }
    if (this.doom) {
      this.abandon(run, this.doom)
      return
    }
    const { details, record } = run
    this.current = run
    this.interruptAsked = false
    details.generation = this.generation
    if (record.state === 'queued') record.start()
    this.owner.runChanged(run)
    this.owner.contextChanged(this, false)
    let timedOut = false
    const callOff =
      details.timeoutSeconds > 0
        ? startDeadline(details.timeoutSeconds, () => {
            timedOut = true
            void interruptOrKill(worker)
          })
        : () => {}
    const { id } = run
    const end = await worker.run({ id, ...run.takeRequest(), rich: details.rich }, this.listen(run))
    callOff()
    this.current = null
    this.question = null
    if (end.kind === 'died') {
      this.worker = null
      this.noteLoss(this.lossOf(this.doom, timedOut, end.end))
    }
    details.stateAfter = end.kind === 'died' ? 'lost' : 'kept'
    this.conclude(run, end, timedOut)
    await record.ended
  }

  /** The process, started where there is none. */
  private ready(): Promise<ContextWorker> {
    if (this.worker && !this.worker.isDead) return Promise.resolve(this.worker)
    this.starting ??= this.startWorker().finally(() => {
      this.starting = null
      this.owner.contextChanged(this, true)
    })
    return this.starting
  }

  private async startWorker(): Promise<ContextWorker> {
    const { services } = this.owner
    const mark = `interpreter-${services.instanceId}-${this.id}`
    const worker = await ContextWorker.start(services, { language: this.language, cwd: this.stored.cwd, mark })
    this.worker = worker
    this.version = worker.version
    this.generation += 1
    // While a run is under way its end tells of this; an idle process can die too.
    void worker.ended.then((end) => {
      if (this.worker !== worker || this.current) return
      this.worker = null
      this.noteLoss(this.lossOf(this.doom, false, end))
      this.owner.contextChanged(this, false)
    })
    return worker
  }

  private listen(run: ContextRun): WorkerRunListener {
    const { journal } = run.record
    return {
      output: (stream, bytes) => journal.append(stream, bytes),
      shown: (kind, data) => run.add({ kind, ...data }),
      chart: (value) => {
        const chart = readChart(value)
        if (chart) run.add({ kind: 'chart', chart })
      },
      question: (question) => {
        run.add({ kind: 'input', ...question })
        this.setQuestion(question)
      },
      closed: () => {
        journal.seal()
        this.owner.runOutputClosed(run)
      },
    }
  }

  private conclude(run: ContextRun, end: WorkerRunEnd, timedOut: boolean): void {
    if (end.kind === 'died' && this.doom) {
      this.abandon(run, this.doom)
      return
    }
    if (timedOut) {
      this.finish(run, 'timed-out', ...timeoutOf(run, end))
      return
    }
    switch (end.kind) {
      case 'completed':
        this.finish(run, 'completed', null, { exitCode: end.exitCode, signal: null, reason: 'exited' })
        return
      case 'died': {
        const message = this.lossOf(null, false, end.end)
        this.finish(run, 'process-ended', contextError(message), { ...end.end, message })
        return
      }
      case 'interrupted':
        if (this.interruptAsked) {
          this.finish(run, 'interrupted', end.error, { exitCode: 130, signal: 'SIGINT', reason: 'signalled' })
          return
        }
        break
      case 'error':
        break
    }
    this.finish(run, 'completed', end.error, { exitCode: 1, signal: null, reason: 'exited' })
  }

  /** The process could not be started. */
  private giveUp(run: ContextRun, error: unknown): void {
    if (!(error instanceof SpawnError)) log.error({ err: error }, 'an interpreter could not be started')
    const message = error instanceof SpawnError ? error.message : 'the interpreter could not be started'
    this.finish(run, 'process-ended', contextError(message), {
      exitCode: null,
      signal: null,
      reason: 'spawn-failed',
      message,
    })
  }

  /** Ended on purpose, from outside. */
  private abandon(run: ContextRun, doom: TeardownReason): void {
    const message = doomMessages[doom]
    const reason = doom === 'sandbox-stopped' ? 'sandbox-stopped' : 'stopped'
    const ending = doom === 'restarted' ? 'context-restarted' : 'context-deleted'
    this.finish(run, ending, contextError(message), { exitCode: null, signal: null, reason, message })
  }

  private finish(
    run: ContextRun,
    ending: RunEnding,
    error: { name: string; value: string; traceback: string } | null,
    end: ExecutionEnd,
  ): void {
    if (error) run.add({ kind: 'error', ...error })
    void run.finish(ending, end).then(() => this.owner.runEnded(run))
  }

  private async end(doom: TeardownReason): Promise<void> {
    this.doom = doom
    for (const run of this.queue.splice(0)) this.abandon(run, doom)
    const worker = this.worker ?? (await this.starting?.catch(() => null)) ?? null
    await worker?.kill()
    if (worker && this.worker === worker) this.worker = null
    // The end of a run that was under way is told by `perform`, which must see why.
    await this.current?.record.ended
    if (doom === 'restarted') {
      this.doom = null
      this.owner.contextChanged(this, false)
    }
  }

  private setQuestion(question: { prompt: string; password: boolean } | null): void {
    this.question = question
    this.current?.record.setStdinOpen(question !== null, question !== null)
    this.owner.contextChanged(this, false)
  }

  /** Why the namespace is gone, one sentence. */
  private lossOf(doom: TeardownReason | null, timedOut: boolean, end: ExecutionEnd): string {
    if (doom) return doomMessages[doom]
    if (timedOut) return 'the run did not react to its timeout, so the process was ended; its variables are gone'
    if (end.message) return `${end.message.replace(/\.$/, '')}; the variables of this context are gone`
    const how = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`
    return `the ${this.language.title} process ended with ${how}; the variables of this context are gone`
  }

  private noteLoss(message: string): void {
    this.lost = { at: new Date().toISOString(), message }
  }

  private renumber(): void {
    this.queue.forEach((run, index) => {
      run.position = index + (this.current ? 1 : 0)
    })
  }
}

const doomMessages: Record<TeardownReason, string> = {
  deleted: 'the context was deleted',
  restarted: 'the context was restarted; its variables are gone',
  'sandbox-stopped': 'the sandbox was stopped; the variables of this context are gone',
}

async function interruptOrKill(worker: ContextWorker): Promise<void> {
  if ((await worker.interrupt()) === 'ignored') await worker.kill()
}

function contextError(message: string) {
  return { name: 'ContextError', value: message, traceback: `ContextError: ${message}\n` }
}

/** Error and verdict of a run that took too long, which say what became of the variables. */
function timeoutOf(
  run: ContextRun,
  end: WorkerRunEnd,
): [{ name: string; value: string; traceback: string }, ExecutionEnd] {
  const seconds = run.details.timeoutSeconds
  const state =
    end.kind === 'died' ? 'the process had to be ended, so its variables are gone' : 'its variables are kept'
  const value = `execution timed out after ${seconds} s; ${state}`
  const shown = `TimeoutError: ${value}`
  const traceback = end.kind === 'interrupted' || end.kind === 'error' ? renamed(end.error, shown) : shown
  return [
    { name: 'TimeoutError', value, traceback: `${traceback}\n` },
    { exitCode: null, signal: null, reason: 'timeout', message: value },
  ]
}

/**
 * A traceback that says where the code was, under another error than the one that ended it. Python names the error
 * below the frames, JavaScript above them.
 */
function renamed({ name, traceback }: { name: string; traceback: string }, shown: string): string {
  const lines = traceback.trimEnd().split('\n')
  const at = lines.findLastIndex((line) => line === name || line.startsWith(`${name}:`))
  const frames = lines.slice(at + 1).filter((line) => line.startsWith('    at '))
  return [...lines.slice(0, Math.max(at, 0)), shown, ...frames].join('\n')
}
