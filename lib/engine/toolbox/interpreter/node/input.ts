/** Input from the client: `prompt()` and `input()`, which block, and `process.stdin`, which does not. */
import { Readable } from 'node:stream'
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { WorkerRequest } from '../worker-messages'
import type { Channel } from './channel'
import { writeTo } from './output'
import { currentRun, ownRun, type Run } from './run'
import { shared } from './shared'

/** The code may replace the global function. */
const { setImmediate } = globalThis

type Answer = Extract<WorkerRequest, { op: 'answer' }>

export class InputRequests {
  private asked = 0
  private readonly waiting = new Map<number, (text: string | null) => void>()
  private readonly inputs = new WeakMap<Run, RunInput>()
  private readonly nobody = new RunInput(null, this)

  constructor(
    private readonly channel: Channel,
    private readonly memory: Int32Array,
    private readonly port: MessagePort,
  ) {
    port.on('message', (answer: Answer) => this.take(answer))
  }

  /** Install the globals and the standard input of the code. */
  install(): void {
    const globals = {
      prompt: (message: unknown = '', preset: unknown = null): string | null => {
        const text = this.askNow(String(message), false)
        return text === '' && preset != null ? String(preset) : text
      },
      input: (message: unknown = '', options: { password?: boolean } = {}): string | null =>
        this.askNow(String(message), options.password === true),
    }
    for (const [name, value] of Object.entries(globals)) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false })
    }
    const get = () => this.inputOf(ownRun())
    Object.defineProperty(process, 'stdin', { get, configurable: true, enumerable: true })
  }

  /** Ask the client without waiting. Null means end-of-file: the client cannot be asked, or has sent it. */
  ask(run: Run | null, onAnswer: (text: string | null) => void): void {
    if (!run?.rich || run !== currentRun()) {
      process.nextTick(onAnswer, null)
      return
    }
    this.waiting.set(this.send('', false), onAnswer)
  }

  /** Ask the client and wait. An interrupt ends the wait. */
  private askNow(prompt: string, password: boolean): string | null {
    const run = currentRun()
    writeTo(ownRun(), 0, Buffer.from(prompt), this.channel)
    if (!run?.rich || run !== ownRun()) return null
    let answered: { text: string | null } | null = null
    this.waiting.set(this.send(prompt, password), (text) => {
      answered = { text }
    })
    for (;;) {
      const before = Atomics.load(this.memory, shared.answers)
      for (let next = receiveMessageOnPort(this.port); next; next = receiveMessageOnPort(this.port)) {
        this.take(next.message)
      }
      const { text } = answered ?? { text: undefined }
      if (text !== undefined) return text
      Atomics.wait(this.memory, shared.answers, before)
    }
  }

  private send(prompt: string, password: boolean): number {
    this.asked += 1
    this.channel.send({ op: 'input', question: this.asked, prompt, password })
    return this.asked
  }

  private take({ question, text }: Answer): void {
    const onAnswer = this.waiting.get(question)
    this.waiting.delete(question)
    onAnswer?.(text)
  }

  private inputOf(run: Run | null): RunInput {
    if (!run) return this.nobody
    const known = this.inputs.get(run)
    if (known) return known
    const input = new RunInput(run, this)
    this.inputs.set(run, input)
    return input
  }
}

/** The standard input of one run: each read asks the client for a line. A run stays active while it reads. */
class RunInput extends Readable {
  readonly fd = 0
  private isAsking = false
  /** A reply has come; its reader consumes it in this turn and may read on. */
  private isAnswered = false
  private isCounted = false

  constructor(
    private readonly run: Run | null,
    private readonly questions: InputRequests,
  ) {
    super({ highWaterMark: 0 })
    this.on('pause', () => this.count())
    this.on('resume', () => this.count())
  }

  override _read(): void {
    this.isAsking = true
    this.count()
    this.questions.ask(this.run, (text) => {
      this.isAsking = false
      this.isAnswered = true
      this.push(text === null ? null : `${text}\n`)
      setImmediate(() => {
        this.isAnswered = false
        this.count()
      })
    })
  }

  /** Libraries set this on a terminal; there is none here. */
  setRawMode(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }

  private count(): void {
    const isReading = this.isAnswered || (this.isAsking && !this.isPaused())
    if (!this.run || isReading === this.isCounted) return
    this.isCounted = isReading
    this.run.reads += isReading ? 1 : -1
    if (this.run.reads === 0) this.run.onNoReads()
  }
}
