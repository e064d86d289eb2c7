/** One interpreter context. It runs code strictly in sequence, in a process that is started when it is needed. */
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import {
  type ContextDetail,
  type ContextState,
  type InterpreterContext as InterpreterContextDto,
  type InterruptResponse,
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
import { contextError, type RunError, timeoutError } from './run-errors'
import { ContextWorker, type WorkerRunEnd, type WorkerRunListener } from './worker'

/** What is stored on disk. */
export interface StoredContext {
  id: string
  language: CodeLanguage
  cwd: string
  createdAt: string
  generation: number
}

/** Why the process is killed on purpose. */
type TeardownReason = 'deleted' | 'restarted' | 'sandbox-stopped'

export interface ContextOwner {
  readonly services: ToolboxServices
  /** The context changed; `persist` when the change must be stored. */
  contextChanged(context: InterpreterContext, persist: boolean): void
  runChanged(run: ContextRun): void
  /** The run is over. Only processes that it left behind may still add output. */
  runEnded(run: ContextRun): void
  /** The size of a run's output has changed since the run ended. */
  runOutputClosed(run: ContextRun): void
}

export class InterpreterContext {
  private worker: ContextWorker | null = null
  private starting: Promise<ContextWorker> | null = null
  private readonly queue: ContextRun[] = []
  private current: ContextRun | null = null
  private isWorking = false
  private teardown: TeardownReason | null = null
  private interruptRequested = false
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
    if (stored.generation > 0) this.recordLoss('the sandbox was restarted')
  }

  get id(): string {
    return this.stored.id
  }

  toStored(): StoredContext {
    return { ...this.stored, generation: this.generation }
  }

  toWire(): InterpreterContextDto {
    const { id, language, cwd, createdAt } = this.stored
    return { id, cwd, createdAt, active: this.teardown !== 'deleted', language }
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

  /** How to find the processes of the context; null where there are none. */
  get roots(): TreeRoots | null {
    return this.worker?.roots() ?? null
  }

  /** Start the process where it does not run. Rejects with a `SpawnError`. */
  async start(): Promise<void> {
    await this.ensureWorker()
  }

  /** True when a run that is submitted now starts at once. */
  get isReady(): boolean {
    return !this.isWorking && this.worker !== null && !this.worker.hasExited && this.teardown === null
  }

  /** Throws a 429 where the queue is full. */
  requireQueueSpace(): void {
    if (this.queue.length < maxQueuedRuns) return
    throw new ApiError('TOO_MANY_REQUESTS', `the queue of this context is full: ${maxQueuedRuns} runs`, {
      limit: maxQueuedRuns,
    })
  }

  /** Queue a run. It starts at once where the queue is empty. */
  submit(run: ContextRun): void {
    this.queue.push(run)
    this.updatePositions()
    if (this.isWorking) this.owner.contextChanged(this, false)
    else void this.runQueue()
  }

  async interrupt(): Promise<InterruptResponse> {
    if (!this.current || !this.worker) return { outcome: 'not-running', state: this.worker ? 'kept' : 'lost' }
    this.interruptRequested = true
    const outcome = await this.worker.interrupt()
    return { outcome, state: outcome === 'process-ended' ? 'lost' : 'kept' }
  }

  /** Reply to `input()`; null is end-of-file. Throws a 409 where the code does not wait for input. */
  answer(text: string | null): void {
    const { current, question } = this
    if (!current || !question || !this.worker) throw new ApiError('CONFLICT', 'the code is not waiting for input')
    this.setQuestion(null)
    current.add({ kind: 'answer', text: question.password ? null : text })
    this.worker.answer(text)
  }

  /** Kill the process and everything it started, and cancel the queued runs. The next run starts a new process. */
  async restart(): Promise<void> {
    await this.tearDown('restarted')
  }

  async delete(): Promise<void> {
    await this.tearDown('deleted')
  }

  async shutDown(): Promise<void> {
    await this.tearDown('sandbox-stopped')
  }

  private get state(): ContextState {
    if (this.current) return 'busy'
    if (this.starting) return 'starting'
    return this.worker ? 'idle' : 'new'
  }

  private async runQueue(): Promise<void> {
    this.isWorking = true
    try {
      for (let run = this.queue.shift(); run; run = this.queue.shift()) {
        this.updatePositions()
        await this.execute(run)
      }
    } finally {
      this.isWorking = false
      this.owner.contextChanged(this, false)
    }
  }

  private async execute(run: ContextRun): Promise<void> {
    let worker: ContextWorker
    try {
      worker = await this.ensureWorker()
    } catch (error) {
      this.failToStart(run, error)
      return
    }
    if (this.teardown) {
      this.tearDownRun(run, this.teardown)
      return
    }
    const { details, record } = run
    this.current = run
    this.interruptRequested = false
    details.generation = this.generation
    if (record.state === 'queued') record.start()
    this.owner.runChanged(run)
    this.owner.contextChanged(this, false)
    let timedOut = false
    const cancelDeadline =
      details.timeoutSeconds > 0
        ? startDeadline(details.timeoutSeconds, () => {
            timedOut = true
            void interruptOrKill(worker)
          })
        : () => {}
    const { id } = run
    const end = await worker.run({ id, ...run.takeRequest(), rich: details.rich }, this.listenerFor(run))
    cancelDeadline()
    this.current = null
    this.question = null
    if (end.kind === 'died') {
      this.worker = null
      this.recordLoss(this.describeLoss(timedOut, end.end))
    }
    details.stateAfter = end.kind === 'died' ? 'lost' : 'kept'
    this.handleEnd(run, end, timedOut)
    await record.ended
  }

  /** The running process, or a new one. */
  private ensureWorker(): Promise<ContextWorker> {
    if (this.worker && !this.worker.hasExited) return Promise.resolve(this.worker)
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
    // During a run, `execute` handles the exit; an idle process can exit too.
    void worker.ended.then((end) => {
      if (this.worker !== worker || this.current) return
      this.worker = null
      this.recordLoss(this.describeLoss(false, end))
      this.owner.contextChanged(this, false)
    })
    return worker
  }

  private listenerFor(run: ContextRun): WorkerRunListener {
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

  private handleEnd(run: ContextRun, end: WorkerRunEnd, timedOut: boolean): void {
    if (end.kind === 'died' && this.teardown) {
      this.tearDownRun(run, this.teardown)
      return
    }
    if (timedOut) {
      const { error, verdict } = timeoutError(run.details.timeoutSeconds, end)
      this.finish(run, 'timed-out', error, verdict)
      return
    }
    switch (end.kind) {
      case 'completed':
        this.finish(run, 'completed', null, { exitCode: end.exitCode, signal: null, reason: 'exited' })
        return
      case 'died': {
        const message = this.describeLoss(false, end.end)
        this.finish(run, 'process-ended', contextError(message), { ...end.end, message })
        return
      }
      case 'interrupted':
        if (this.interruptRequested) {
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
  private failToStart(run: ContextRun, error: unknown): void {
    if (!(error instanceof SpawnError)) log.error({ err: error }, 'an interpreter could not be started')
    const message = error instanceof SpawnError ? error.message : 'the interpreter could not be started'
    this.finish(run, 'process-ended', contextError(message), {
      exitCode: null,
      signal: null,
      reason: 'spawn-failed',
      message,
    })
  }

  /** End a run because of a teardown. */
  private tearDownRun(run: ContextRun, teardown: TeardownReason): void {
    const message = teardownMessages[teardown]
    const reason = teardown === 'sandbox-stopped' ? 'sandbox-stopped' : 'stopped'
    const ending = teardown === 'restarted' ? 'context-restarted' : 'context-deleted'
    this.finish(run, ending, contextError(message), { exitCode: null, signal: null, reason, message })
  }

  private finish(run: ContextRun, ending: RunEnding, error: RunError | null, end: ExecutionEnd): void {
    if (error) run.add({ kind: 'error', ...error })
    void run.finish(ending, end).then(() => this.owner.runEnded(run))
  }

  private async tearDown(teardown: TeardownReason): Promise<void> {
    this.teardown = teardown
    for (const run of this.queue.splice(0)) this.tearDownRun(run, teardown)
    const worker = this.worker ?? (await this.starting?.catch(() => null)) ?? null
    await worker?.kill()
    if (worker && this.worker === worker) this.worker = null
    // `execute` ends the current run; it still needs the reason.
    await this.current?.record.ended
    if (teardown === 'restarted') {
      this.teardown = null
      this.owner.contextChanged(this, false)
    }
  }

  private setQuestion(question: { prompt: string; password: boolean } | null): void {
    this.question = question
    this.current?.record.setStdinOpen(question !== null, question !== null)
    this.owner.contextChanged(this, false)
  }

  /** Why the variables are lost, as a sentence. */
  private describeLoss(timedOut: boolean, end: ExecutionEnd): string {
    if (this.teardown) return teardownMessages[this.teardown]
    if (timedOut) return 'the run ignored its timeout, so the process was killed; its variables are lost'
    if (end.message) return `${end.message.replace(/\.$/, '')}; the variables of this context are lost`
    const how = end.signal === null ? `exited with code ${end.exitCode}` : `was killed by signal ${end.signal}`
    return `the ${this.language.title} process ${how}; the variables of this context are lost`
  }

  private recordLoss(message: string): void {
    this.lost = { at: new Date().toISOString(), message }
  }

  private updatePositions(): void {
    this.queue.forEach((run, index) => {
      run.position = index + (this.current ? 1 : 0)
    })
  }
}

const teardownMessages: Record<TeardownReason, string> = {
  deleted: 'the context was deleted',
  restarted: 'the context was restarted; its variables are lost',
  'sandbox-stopped': 'the sandbox was stopped; the variables of this context are lost',
}

async function interruptOrKill(worker: ContextWorker): Promise<void> {
  if ((await worker.interrupt()) === 'ignored') await worker.kill()
}
