/** The runs of a context, one after another, from the request to the result. */
import type { Runtime, Session } from 'node:inspector'
import type { Channel } from './channel'
import { represent } from './display'
import {
  type Display,
  type ImportModule,
  importNames,
  installModules,
  loadTypeScript,
  makeDisplay,
  offerDisplay,
} from './globals'
import { callback, replaceSetImmediate } from './immediates'
import { Interrupts } from './interrupt'
import { writeTo } from './output'
import { protect } from './protection'
import { currentRun, ownRun, Run, type RunRequest, runWithin, setCurrentRun } from './run'
import { type DeclaredNames, type EarlierNames, helper, makeScript, type Script } from './script'
import { addSource, type DescribedError, describeError, grammarError, hasFrames, installTraces } from './traces'

const objectGroup = helper
/** Global name of the last displayed value. */
const lastValue = '_'
/** V8's messages for module syntax in a script. */
const moduleOnly = /outside a module|Unexpected token 'export'/

type End = { status: 'completed' } | { status: 'error' | 'interrupted'; error: DescribedError }

export class Context {
  private readonly declared: DeclaredNames = new Map()
  private readonly display: Display
  private load: ImportModule
  private readonly earlier: EarlierNames = {
    isConstant: (name) => this.declared.get(name) === false,
    isVariable: (name) => (this.declared.has(name) ? isInitialised(name) : name in globalThis && name !== lastValue),
  }
  private restoreEnvironment: () => void = () => {}
  /** What the code threw, as handed over by V8. */
  private thrown: unknown
  private isTypeScript = false

  constructor(
    private readonly channel: Channel,
    private readonly session: Session,
  ) {
    this.display = makeDisplay(channel)
    const { load, meta } = installModules()
    this.load = load
    const interrupts = new Interrupts(channel, session, (run, error) => this.end(run, { status: 'interrupted', error }))
    const value = {
      callback,
      import: (specifier: unknown, options?: unknown) => this.load(specifier, options),
      importNames: (specifier: string, attributes: unknown, names: string[]) =>
        importNames(this.load, { specifier, attributes, names, mayMiss: this.isTypeScript }),
      constant: () => {
        throw new TypeError('Assignment to constant variable.')
      },
      interrupt: (id: string) => interrupts.attempt(id),
      last: (shown: unknown) => this.showLast(shown),
      meta,
      take: (thrown: unknown) => {
        this.thrown = thrown
      },
    }
    Object.defineProperty(globalThis, helper, { value: Object.freeze(value) })
    replaceSetImmediate(session)
    process.on('uncaughtException', (error) => this.uncaught('uncaughtException', error))
    process.on('unhandledRejection', (reason) => this.uncaught('unhandledRejection', reason))
  }

  /** Run code. A message reports how it ended. */
  perform(request: RunRequest): void {
    const run = protect(() => this.begin(request))
    const script = makeScript(request.code, this.earlier)
    const name = addSource(request.code, script.rewritten, request.sourceMap)
    const evaluation = { expression: `${script.rewritten.text}\n//# sourceURL=${name}`, objectGroup, replMode: true }
    // The callback comes when the script's promise settles, which may never happen.
    run.isInScript = true
    runWithin(run, () =>
      this.session.post('Runtime.evaluate', evaluation, (failure, answer: Runtime.EvaluateReturnType) => {
        // An interrupt has ended the execution and reports that itself.
        if (!failure) this.finished(run, script, name, answer)
      }),
    )
    run.isInScript = false
    for (const [declared, isVariable] of script.declares) this.declared.set(declared, isVariable)
  }

  private begin(request: RunRequest): Run {
    installTraces()
    const run = new Run(request)
    setCurrentRun(run)
    if (request.sourceMap !== undefined && !this.isTypeScript) {
      this.isTypeScript = true
      this.load = loadTypeScript(this.load)
    }
    this.channel.send({ op: 'started', id: run.id })
    this.restoreEnvironment = setEnvironment(request.envs)
    process.exitCode = undefined
    offerDisplay(run.rich, this.display)
    return run
  }

  /** The script has ended. Callbacks may be pending; only those that read input keep the run active. */
  private finished(run: Run, script: Script, name: string, answer: Runtime.EvaluateReturnType): void {
    if (run.isOver || run.isInterrupted) return
    const { exceptionDetails: details } = answer
    const end: End = details
      ? { status: 'error', error: this.explainDetails(details, script, name) }
      : { status: 'completed' }
    this.session.post('Runtime.releaseObjectGroup', { objectGroup })
    if (details || run.reads === 0) this.end(run, end)
    else run.onNoReads = () => this.end(run, end)
  }

  private end(run: Run, end: End): void {
    if (run.isOver) return
    protect(() => {
      run.isOver = true
      if (end.status === 'interrupted') run.cancelTimers()
      this.restoreEnvironment()
      setCurrentRun(null)
      const { exitCode } = process
      process.exitCode = undefined
      const done = { op: 'done', id: run.id } as const
      if (end.status === 'completed')
        this.channel.send({ ...done, status: 'completed', exitCode: Number(exitCode ?? 0) })
      else this.channel.send({ ...done, ...end })
    })
  }

  private explainDetails(details: Runtime.ExceptionDetails, script: Script, name: string): DescribedError {
    const { exception } = details
    if (!exception?.objectId) {
      const text = exception?.unserializableValue ?? JSON.stringify(exception?.value) ?? 'undefined'
      return { name: 'Uncaught', value: text, traceback: `Uncaught ${text}\n` }
    }
    const functionDeclaration = `function () { 'use strict'; ${helper}.take(this) }`
    this.thrown = undefined
    this.session.post('Runtime.callFunctionOn', { objectId: exception.objectId, functionDeclaration })
    const { thrown } = this
    this.thrown = undefined
    if (!(thrown instanceof SyntaxError) || hasFrames(thrown)) return describeError(thrown)
    if (script.problem && moduleOnly.test(thrown.message)) {
      const { message, offset } = script.problem
      const before = script.rewritten.text.slice(0, offset).split('\n')
      return grammarError('SyntaxError', message, name, {
        line: before.length,
        column: (before.at(-1)?.length ?? 0) + 1,
      })
    }
    const position = { line: details.lineNumber + 1, column: details.columnNumber + 1 }
    return grammarError('SyntaxError', thrown.message, name, position)
  }

  /**
   * An uncaught error ends a run, as it would end a program: its timers are cancelled. Uncaught errors
   * after the end of a run appear in its output.
   */
  private uncaught(event: 'uncaughtException' | 'unhandledRejection', thrown: unknown): void {
    if (process.listenerCount(event) > 1) return // The code handles it itself.
    const run = ownRun()
    const error = describeError(thrown)
    run?.cancelTimers()
    if (run && run === currentRun()) {
      this.end(run, { status: 'error', error })
      return
    }
    const text = error.name === 'Uncaught' ? error.traceback : `Uncaught ${error.traceback}`
    writeTo(run, 1, Buffer.from(text), this.channel)
  }

  private showLast(value: unknown): void {
    if (value === undefined || !currentRun()?.rich) return
    Object.defineProperty(globalThis, lastValue, { value, configurable: true, writable: true })
    this.channel.sendCounted({ op: 'result', data: represent(value) })
  }
}

/** False for a name that an earlier run declared and never initialised. */
function isInitialised(name: string): boolean {
  try {
    // biome-ignore lint/security/noGlobalEval: an indirect eval sees the names that scripts declare.
    // biome-ignore lint/complexity/noCommaOperator: a direct eval would see this function's names.
    ;(0, eval)(name)
    return true
  } catch {
    return false
  }
}

/** Set variables for one run. Returns a function that restores the previous values. */
function setEnvironment(envs: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(envs).map((name) => [name, process.env[name]] as const)
  Object.assign(process.env, envs)
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
