/** All interpreter contexts of a sandbox and the runs that they were given. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { runIdSchema } from '@/lib/process-api/ids'
import { defaultRunTimeout } from '@/lib/process-api/interpreter'
import { type CodeLanguage, codeLanguageSchema } from '@/lib/process-api/process'
import { membersOf } from '../../linux/process-tree'
import { isMissing, type StateFile, type StateFolder } from '../../state/files'
import { checkText, signText } from '../../state/record-codes'
import { summarizeError } from '../../state/summarize-error'
import type { ExecutionStore } from '../execution/store'
import { titleOf } from '../run/run-record'
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
    /** Left out by an engine that knew Python alone. */
    language: codeLanguageSchema.default('python'),
    cwd: z.string(),
    createdAt: z.iso.datetime(),
    generation: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  }),
)
/** Earlier versions wrote the list alone. */
const contextsDocumentSchema = z.union([
  z.object({ contexts: storedContextsSchema }),
  storedContextsSchema.transform((contexts) => ({ contexts })),
])
/** Runs that a new subscriber is told of. */
const toldRuns = 100
const longestContexts = 64 * 1024 ** 2

export class Interpreter implements ContextOwner {
  private readonly contexts = new Map<string, InterpreterContext>()
  private readonly runs = new Map<string, ContextRun>()
  private readonly store: ExecutionStore<ContextRunDetails>
  private readonly folder: StateFolder
  private readonly runsFolder: StateFolder
  /** Output of the runs that have ended, what they left behind not counted. */
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
      if (items.isDoubtful && this.folder.codes) record.markUnverified('output')
      const run = new ContextRun(record, items, () => this.store.attachment(id))
      this.runs.set(id, run)
      this.noteEnd(run)
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

  /** The contexts and their newest runs, as events. */
  *present(): Generator<EngineEvent> {
    const { sandboxId } = this.services.config
    for (const context of this.contexts.values()) yield { type: 'context', sandboxId, context: context.toDetail() }
    for (const run of [...this.runs.values()].slice(-toldRuns)) {
      yield { type: 'context-run', sandboxId, run: run.toWire() }
    }
  }

  /** Make a context and start its process. Rejects with a `SpawnError` where that is not possible, with 429 at the limit. */
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

  /** Without the default one, oldest first. */
  list(): InterpreterContext[] {
    return [...this.contexts.values()].filter((context) => context.id !== defaultContextId)
  }

  find(id: string): InterpreterContext | undefined {
    return this.contexts.get(id)
  }

  /** As `find`, for routes. Throws a 404. */
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
    for (const run of this.runsOf(id)) this.forget(run)
    if (this.services.events.hasSubscribers) {
      const { sandboxId } = this.services.config
      this.services.events.publish({ type: 'context-deleted', sandboxId, contextId: id })
    }
  }

  /** Record and queue a run. Throws an `ApiError` where it cannot be. */
  submit(context: InterpreterContext, { code, envs, rich, timeoutSeconds }: RunRequest): ContextRun {
    if (this.services.shutdown.hasStarted) throw new ApiError('CONFLICT', 'the sandbox is stopping')
    context.checkRoom()
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
    const attached = () => this.store.attachment(id)
    const run = new ContextRun(record, RunItems.create(this.itemsFile(id)), attached, request)
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

  contextChanged(context: InterpreterContext, kept: boolean): void {
    if (kept) this.writeContexts()
    if (!this.services.events.hasSubscribers || !this.contexts.has(context.id)) return
    const { sandboxId } = this.services.config
    this.services.events.publish({ type: 'context', sandboxId, context: context.toDetail() })
  }

  runChanged(run: ContextRun): void {
    if (!this.services.events.hasSubscribers) return
    const { sandboxId } = this.services.config
    this.services.events.publish({ type: 'context-run', sandboxId, run: run.toWire() })
  }

  /** The oldest ended runs go when there are too many, or when their output is too long together. */
  runEnded(ended: ContextRun): void {
    const { keptRuns, keptRunBytes } = this.services.config.limits
    this.noteEnd(ended)
    for (const run of this.runs.values()) {
      if (this.runs.size <= keptRuns && this.endedBytes <= keptRunBytes) return
      if (run.record.hasEnded && run !== ended) this.forget(run)
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

  private noteEnd(run: ContextRun): void {
    run.endSize = run.record.journal.size
    this.endedBytes += run.endSize
  }

  private forget(run: ContextRun): void {
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
      const text = this.contextsFile.read(longestContexts).toString('utf8')
      const { body, authenticity: standing } = checkText(codes, this.contextsFile.location, text)
      // Nothing shows where they come from, and code would be run in a folder that somebody else chose.
      if (codes && standing === 'forged') throw new Error('it was changed since it was written')
      return contextsDocumentSchema.parse(JSON.parse(body)).contexts
    } catch (error) {
      if (!isMissing(error)) {
        log.error({ reason: summarizeError(error) }, 'the list of interpreter contexts could not be read')
      }
      return []
    }
  }

  /** A full disk costs the memory of contexts over a restart, not the context. */
  private writeContexts(): void {
    try {
      const contexts = [...this.contexts.values()].map((it) => it.toStored())
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
