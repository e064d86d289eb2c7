/** All interpreter contexts of a sandbox and their runs. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { runIdSchema } from '@/lib/process-api/ids'
import { defaultRunTimeout } from '@/lib/process-api/interpreter'
import { type CodeLanguage, codeLanguageSchema } from '@/lib/process-api/process'
import { titleOf } from '@/lib/process-api/title'
import { membersOf } from '../../linux/process-tree'
import { isMissing, type StateFile, type StateFolder } from '../../state/files'
import { checkText, signText } from '../../state/record-codes'
import { summarizeError } from '../../state/summarize-error'
import type { ExecutionStore } from '../execution/store'
import { requireBelowLimit } from '../services/count-limit'
import type { ToolboxServices } from '../services/services'
import { type ContextOwner, InterpreterContext, type StoredContext } from './context'
import {
  ContextRun,
  type ContextRunDetails,
  type ContextRunRequest,
  contextIdsSchema,
  contextRunDetailsSchema,
  defaultContextId,
} from './context-run'
import { RunItems } from './run-items'

export interface RunRequest {
  code: string
  envs: Record<string, string>
  /** Null for the default; 0 for none. */
  timeoutSeconds: number | null
  rich: boolean
}

const storedContextsSchema = z.array(
  z.object({
    id: contextIdsSchema,
    /** Missing in files of engines that supported only Python. */
    language: codeLanguageSchema.default('python'),
    cwd: z.string(),
    createdAt: z.iso.datetime(),
    generation: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  }),
)
/** Earlier versions wrote only the list. */
const contextsDocumentSchema = z.union([
  z.object({ contexts: storedContextsSchema }),
  storedContextsSchema.transform((contexts) => ({ contexts })),
])
/** The number of recent runs that are sent to a new subscriber. */
const maxReplayedRuns = 100
const maxContextsBytes = 64 * 1024 ** 2

export class Interpreter implements ContextOwner {
  private readonly contexts = new Map<string, InterpreterContext>()
  private readonly runs = new Map<string, ContextRun>()
  private readonly store: ExecutionStore<ContextRunDetails>
  private readonly folder: StateFolder
  private readonly runsFolder: StateFolder
  /** Output of all ended runs, without the output of processes that they left behind. */
  private endedBytes = 0

  constructor(readonly services: ToolboxServices) {
    const { config } = services
    this.folder = services.state.folder('interpreter')
    this.runsFolder = this.folder.folder('runs')
    this.store = services.openExecutions({
      folder: this.runsFolder,
      ids: runIdSchema,
      details: contextRunDetailsSchema,
      detailsChange: true,
    })
    for (const record of this.store.list()) {
      const { id } = record
      const items = RunItems.open(this.itemsFile(id))
      if (items.isUnverified && this.folder.codes) record.markUnverified('output')
      const run = new ContextRun(record, items, () => this.store.attachment(id))
      this.runs.set(id, run)
      this.countOutput(run)
    }
    for (const stored of this.readContexts()) this.contexts.set(stored.id, new InterpreterContext(this, stored))
    if (!this.contexts.has(defaultContextId)) this.add(defaultContextId, 'python', config.workDir)
    services.owners.add((snapshot) =>
      [...this.contexts.values()].flatMap(({ id, roots }) =>
        roots ? [{ owner: { kind: 'context', contextId: id }, entries: membersOf(roots, snapshot) }] : [],
      ),
    )
    services.events.addSource(() => this.present())
    services.shutdown.add(() => this.shutDown())
  }

  /** One event for each context and recent run, for a client that has just subscribed. */
  *present(): Generator<EngineEvent> {
    const { sandboxId } = this.services.config
    for (const context of this.contexts.values()) yield { type: 'context', sandboxId, context: context.toDetail() }
    for (const run of [...this.runs.values()].slice(-maxReplayedRuns)) {
      yield { type: 'context-run', sandboxId, run: run.toWire() }
    }
  }

  /** Create a context and start its process. Rejects with a `SpawnError`, or with a 429 at the limit. */
  async create(language: CodeLanguage, cwd: string): Promise<InterpreterContext> {
    requireBelowLimit(this.services.config.limits.contexts, this.list().length, 'contexts', 'SANDGLASS_MAX_CONTEXTS')
    const context = this.add(randomUUID(), language, cwd)
    try {
      await context.start()
    } catch (error) {
      this.contexts.delete(context.id)
      this.writeContexts()
      throw error
    }
    return context
  }

  /** All contexts but the default one, oldest first. */
  list(): InterpreterContext[] {
    return [...this.contexts.values()].filter((context) => context.id !== defaultContextId)
  }

  find(id: string): InterpreterContext | undefined {
    return this.contexts.get(id)
  }

  /** Like `find`, but throws a 404. */
  get(id: string): InterpreterContext {
    const context = this.contexts.get(id)
    if (!context) throw new ApiError('NOT_FOUND', `context not found: ${id}`)
    return context
  }

  async delete(id: string): Promise<void> {
    if (id === defaultContextId) throw new ApiError('BAD_REQUEST', 'the default context cannot be deleted')
    const context = this.get(id)
    this.contexts.delete(id)
    this.writeContexts()
    await context.delete()
    for (const run of this.runsOf(id)) this.drop(run)
    if (this.services.events.hasSubscribers) {
      const { sandboxId } = this.services.config
      this.services.events.publish({ type: 'context-deleted', sandboxId, contextId: id })
    }
  }

  /** Record and queue a run. Throws an `ApiError` where that is not possible. */
  submit(context: InterpreterContext, { code, envs, rich, timeoutSeconds }: RunRequest): ContextRun {
    if (this.services.shutdown.hasStarted) throw new ApiError('CONFLICT', 'the sandbox is stopping')
    context.requireQueueSpace()
    const id = randomUUID()
    const details: ContextRunDetails = {
      contextId: context.id,
      generation: 0,
      title: titleOf(code),
      rich,
      timeoutSeconds: timeoutSeconds ?? defaultRunTimeout,
      stateAfter: null,
    }
    const request: ContextRunRequest = { code, envs }
    const record = this.store.create(id, details, context.isReady ? {} : undefined, JSON.stringify(request))
    const readRequest = () => this.store.attachment(id)
    const run = new ContextRun(record, RunItems.create(this.itemsFile(id)), readRequest, request)
    this.runs.set(id, run)
    record.onChange(() => this.runChanged(run))
    context.submit(run)
    return run
  }

  /** Oldest first. */
  runsOf(contextId: string): ContextRun[] {
    return [...this.runs.values()].filter((run) => run.details.contextId === contextId)
  }

  /** Throws a 404. */
  run(contextId: string, id: string): ContextRun {
    const run = this.runs.get(id)
    if (!run || run.details.contextId !== contextId) throw new ApiError('NOT_FOUND', `run not found: ${id}`)
    return run
  }

  contextChanged(context: InterpreterContext, persist: boolean): void {
    if (persist) this.writeContexts()
    if (!this.services.events.hasSubscribers || !this.contexts.has(context.id)) return
    const { sandboxId } = this.services.config
    this.services.events.publish({ type: 'context', sandboxId, context: context.toDetail() })
  }

  runChanged(run: ContextRun): void {
    if (!this.services.events.hasSubscribers) return
    const { sandboxId } = this.services.config
    this.services.events.publish({ type: 'context-run', sandboxId, run: run.toWire() })
  }

  /** Deletes the oldest ended runs when there are too many, or when all their output together is too large. */
  runEnded(ended: ContextRun): void {
    const { keptRuns, keptRunBytes } = this.services.config.limits
    this.countOutput(ended)
    for (const run of this.runs.values()) {
      if (this.runs.size <= keptRuns && this.endedBytes <= keptRunBytes) return
      if (run.record.hasEnded && run !== ended) this.drop(run)
    }
  }

  runOutputClosed(run: ContextRun): void {
    if (run.record.hasEnded && this.runs.get(run.id) === run) this.store.save(run.record)
  }

  private add(id: string, language: CodeLanguage, cwd: string): InterpreterContext {
    const stored: StoredContext = { id, language, cwd, createdAt: new Date().toISOString(), generation: 0 }
    const context = new InterpreterContext(this, stored)
    this.contexts.set(id, context)
    this.writeContexts()
    return context
  }

  private countOutput(run: ContextRun): void {
    run.endSize = run.record.journal.size
    this.endedBytes += run.endSize
  }

  private drop(run: ContextRun): void {
    this.runs.delete(run.id)
    this.endedBytes -= run.endSize
    this.store.remove(run.id)
    run.items.remove()
  }

  private itemsFile(id: string): StateFile {
    return this.runsFolder.file(`${id}.items`)
  }

  private get contextsFile(): StateFile {
    return this.folder.file('contexts.json')
  }

  private readContexts(): StoredContext[] {
    try {
      const { codes } = this.folder
      const text = this.contextsFile.read(maxContextsBytes).toString('utf8')
      const { body, authenticity } = checkText(codes, this.contextsFile.location, text)
      // A forged list could make code run in a folder of an attacker's choice.
      if (codes && authenticity === 'forged') throw new Error('the file was changed by someone else')
      return contextsDocumentSchema.parse(JSON.parse(body)).contexts
    } catch (error) {
      if (!isMissing(error)) {
        log.error({ reason: summarizeError(error) }, 'the list of interpreter contexts could not be read')
      }
      return []
    }
  }

  /** With a full disk the contexts work on, but do not survive a restart. */
  private writeContexts(): void {
    try {
      const contexts = [...this.contexts.values()].map((context) => context.toStored())
      this.contextsFile.replace(signText(this.folder.codes, this.contextsFile.location, JSON.stringify({ contexts })))
    } catch (error) {
      log.error({ err: error }, 'the list of interpreter contexts could not be written')
    }
  }

  private async shutDown(): Promise<void> {
    await Promise.all([...this.contexts.values()].map((context) => context.shutDown()))
    this.store.close()
  }
}
