/** One language server of one project: its process, its documents, its requests. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import type { CompletionList, LspLanguage, LspSymbol } from '@/lib/process-api/lsp'
import { killTree } from '../../linux/kill-tree'
import { executionMark } from '../../linux/process-table'
import type { TreeRoots } from '../../linux/process-tree'
import { FolderError, SpawnError } from '../../linux/spawn-error'
import { FileSpace } from '../files/paths'
import { type Child, startChild } from '../process/child'
import type { ToolboxServices } from '../services/services'
import { LspConnection } from './connection'
import { type DocumentText, readDocument } from './documents'
import { documentLanguage, type LspProgram, searchPath } from './programs'
import { readCompletions, readSymbols } from './results'

export type LspServices = Pick<ToolboxServices, 'config' | 'starter' | 'childEnvironment'>

/** A server may load a large project first. */
const initializeTimeoutMs = 60_000
const requestTimeoutMs = 30_000
/** How long a server may take to shut down before it is killed. */
const shutdownTimeoutMs = 2_000
const maxOpenDocuments = 1_000
/** The end of what the server printed as errors, to explain its exit. */
const maxErrorBytes = 2_000
const lastErrorsMs = 200

const initializeResultSchema = z.object({
  capabilities: z.looseObject({ workspaceSymbolProvider: z.unknown().optional() }),
})
const capabilities = {
  textDocument: {
    synchronization: {},
    completion: { completionItem: { documentationFormat: ['markdown', 'plaintext'] } },
    documentSymbol: {},
  },
  workspace: { symbol: {}, configuration: true, workspaceFolders: true },
}

interface OpenDocument {
  /** Counted by the protocol. */
  number: number
  /** Of the file. */
  version: string
}

export interface CompletionRequest {
  readonly position: { line: number; character: number }
  readonly context?: { triggerKind: number; triggerCharacter?: string | null | undefined } | null | undefined
}

export class LanguageServer {
  private readonly documents = new Map<string, OpenDocument>()
  private readonly space: FileSpace
  private connection: LspConnection
  private errors = ''
  private ended = false
  /** Whether the server itself searches the symbols of a project. */
  searchesSymbols = false

  private constructor(
    services: LspServices,
    private readonly program: LspProgram,
    /** Absolute. */
    readonly project: string,
    private readonly child: Child,
    readonly roots: TreeRoots,
  ) {
    this.space = new FileSpace(services)
    const [input, output, errors] = child.sockets
    if (!input || !output || !errors) throw new Error('the language server has no streams')
    this.connection = new LspConnection(program.name, input, output, () => void this.kill())
    errors.on('error', () => errors.destroy())
    errors.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString('utf8')).slice(-maxErrorBytes)
    })
    void child.exited.then(async ({ exitCode, signal }) => {
      // The last errors may still be on their way; what the server started may keep the stream open.
      if (!errors.closed) await Promise.race([once(errors, 'close'), sleep(lastErrorsMs)])
      const how = signal === null ? `exited with code ${exitCode}` : `was ended by ${signal}`
      const said = this.errors.trim().split('\n').at(-1) ?? ''
      this.connection.close(
        new ApiError('CONFLICT', `${program.name} ${how}${said === '' ? '' : ` (${said})`}; start it again`),
      )
    })
  }

  /** Start it and wait until it is ready. Rejects with an `ApiError`. */
  static async start(
    services: LspServices,
    program: LspProgram,
    project: string,
    signal: AbortSignal,
  ): Promise<LanguageServer> {
    const id = randomUUID()
    const environment = services.childEnvironment({}, id)
    const child = await startChild(services.starter, {
      file: program.name,
      args: program.args,
      cwd: project,
      env: { ...environment, PATH: searchPath(environment.PATH ?? '', services.config.homeDir, project) },
      stdin: 'socket',
      stdout: 'socket',
      stderr: 'socket',
    }).catch((error: unknown) => {
      throw startError(error, program)
    })
    const server = new LanguageServer(services, program, project, child, {
      mark: { variable: executionMark, value: id },
      ...(child.entry ? { leaders: [child.entry] } : {}),
      supervisor: child.supervisor,
    })
    try {
      await server.initialize(signal)
      return server
    } catch (error) {
      await server.kill()
      if (!(error instanceof ApiError) || error.code === 'REQUEST_TIMEOUT') throw error
      throw new ApiError(
        'UNPROCESSABLE_ENTITY',
        `${program.name} could not be started: ${error.message}. If a part of it is missing, install it with: ${program.install}`,
      )
    }
  }

  get hasEnded(): boolean {
    return this.ended
  }

  isOpen(path: string): boolean {
    return this.documents.has(path)
  }

  /** Open a document, or bring it up to date. */
  async open(path: string, language: LspLanguage): Promise<void> {
    this.sync(path, language, await readDocument(this.space, path))
  }

  close(path: string): void {
    if (!this.documents.delete(path)) return
    this.connection.notify('textDocument/didClose', { textDocument: { uri: uriOf(path) } })
  }

  async completions(
    path: string,
    language: LspLanguage,
    { position, context }: CompletionRequest,
    signal: AbortSignal,
  ): Promise<CompletionList> {
    const trigger = context?.triggerCharacter
    const params = {
      position,
      ...(context
        ? { context: { triggerKind: context.triggerKind, ...(trigger ? { triggerCharacter: trigger } : {}) } }
        : {}),
    }
    return readCompletions(await this.askAbout(path, language, 'textDocument/completion', params, signal))
  }

  async documentSymbols(path: string, language: LspLanguage, signal: AbortSignal): Promise<LspSymbol[]> {
    const result = await this.askAbout(path, language, 'textDocument/documentSymbol', {}, signal)
    return readSymbols(result, uriOf(path))
  }

  get hasDocuments(): boolean {
    return this.documents.size > 0
  }

  /** @param opened a document to open meanwhile */
  async projectSymbols(
    query: string,
    opened: { file: string; language: LspLanguage } | null,
    signal: AbortSignal,
  ): Promise<LspSymbol[]> {
    if (opened) await this.open(opened.file, opened.language)
    try {
      const options = { timeoutMs: requestTimeoutMs, signal }
      return readSymbols(await this.connection.request('workspace/symbol', { query }, options), '')
    } finally {
      if (opened) this.close(opened.file)
    }
  }

  /** End it, cleanly if it responds. Resolves when no process of it is left. */
  async stop(): Promise<void> {
    try {
      await this.connection.request('shutdown', null, { timeoutMs: shutdownTimeoutMs })
      this.connection.notify('exit', null)
    } catch {
      // It is killed.
    }
    await this.kill()
  }

  async kill(): Promise<void> {
    this.ended = true
    this.connection.close(new ApiError('CONFLICT', `${this.program.name} was stopped; start it again`))
    await killTree(this.roots)
    for (const socket of this.child.sockets) socket.destroy()
  }

  private async initialize(signal: AbortSignal): Promise<void> {
    const uri = uriOf(this.project)
    const params = {
      // The toolbox is not visible where the server runs.
      processId: null,
      rootPath: this.project,
      rootUri: uri,
      workspaceFolders: [{ uri, name: this.project }],
      initializationOptions: this.program.options,
      capabilities,
    }
    const result = await this.connection.request('initialize', params, { timeoutMs: initializeTimeoutMs, signal })
    const { data } = initializeResultSchema.safeParse(result)
    this.searchesSymbols = Boolean(data?.capabilities.workspaceSymbolProvider)
    this.connection.notify('initialized', {})
  }

  /** A request about a document, which is opened for it if necessary. */
  private async askAbout(
    path: string,
    language: LspLanguage,
    method: string,
    params: object,
    signal: AbortSignal,
  ): Promise<unknown> {
    const wasOpen = this.isOpen(path)
    await this.open(path, language)
    try {
      const textDocument = { uri: uriOf(path) }
      return await this.connection.request(method, { textDocument, ...params }, { timeoutMs: requestTimeoutMs, signal })
    } finally {
      if (!wasOpen) this.close(path)
    }
  }

  /** Files change through other routes and programs: the server gets the new text before it is asked. */
  private sync(path: string, language: LspLanguage, { text, version }: DocumentText): void {
    const uri = uriOf(path)
    const known = this.documents.get(path)
    if (known === undefined) {
      if (this.documents.size >= maxOpenDocuments) {
        throw new ApiError('TOO_MANY_REQUESTS', `${maxOpenDocuments} documents are open; close one`, {
          limit: maxOpenDocuments,
        })
      }
      this.documents.set(path, { number: 1, version })
      const languageId = documentLanguage(path, language)
      this.connection.notify('textDocument/didOpen', { textDocument: { uri, languageId, version: 1, text } })
      return
    }
    if (known.version === version) return
    known.number += 1
    known.version = version
    const textDocument = { uri, version: known.number }
    this.connection.notify('textDocument/didChange', { textDocument, contentChanges: [{ text }] })
  }
}

function uriOf(path: string): string {
  return pathToFileURL(path).href
}

function startError(error: unknown, { name, install }: LspProgram): unknown {
  if (!(error instanceof SpawnError)) return error
  if (error instanceof FolderError) return new ApiError('BAD_REQUEST', error.message)
  const isMissing = error.message.includes('not installed')
  return new ApiError(
    'UNPROCESSABLE_ENTITY',
    isMissing ? `${name} is not installed in this sandbox. Install it with: ${install}` : error.message,
  )
}
