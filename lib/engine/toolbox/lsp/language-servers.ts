/** All language servers of a sandbox: one for each program and project. */
import { posix } from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import type { LspServerRequest, LspSymbol } from '@/lib/process-api/lsp'
import { FileSpace } from '../files/paths'
import type { ToolboxServices } from '../services/services'
import { findDocument } from './documents'
import { LanguageServer, type LspServices } from './language-server'
import { lspPrograms } from './programs'
import { maxItems } from './results'
import { sourceFiles } from './source-files'

/** Each one takes tens to hundreds of MiB of the sandbox's memory. */
const maxServers = 8
/** Servers that do not search a project themselves are asked for the symbols of this many files. */
const maxSearchedFiles = 200

export class LanguageServers {
  private readonly servers = new Map<string, Promise<LanguageServer>>()
  private readonly space: FileSpace

  constructor(private readonly services: LspServices & Pick<ToolboxServices, 'shutdown'>) {
    this.space = new FileSpace(services)
    services.shutdown.add(async () => {
      await Promise.all([...this.servers.values()].map((server) => server.then((it) => it.kill()).catch(() => {})))
    })
  }

  /** Start the server of a project unless it runs. Rejects with an `ApiError`. */
  async start(request: LspServerRequest): Promise<void> {
    const key = this.keyOf(request)
    const running = this.servers.get(key)
    if (running && !(await running.catch(() => null))?.hasEnded) {
      await running
      return
    }
    if (this.services.shutdown.hasStarted) throw new ApiError('SERVICE_UNAVAILABLE', 'the sandbox is stopping')
    for (const [known, server] of this.servers) {
      if ((await server.catch(() => null))?.hasEnded) this.servers.delete(known)
    }
    const started = this.servers.get(key)
    if (started) {
      await started
      return
    }
    if (this.servers.size >= maxServers) {
      throw new ApiError('TOO_MANY_REQUESTS', `${maxServers} language servers run in this sandbox; stop one`, {
        limit: maxServers,
      })
    }
    // A client that disconnects does not end a start that others may wait for.
    const { signal } = new AbortController()
    const program = lspPrograms[request.languageId]
    const starting = LanguageServer.start(this.services, program, this.projectOf(request), signal)
    this.servers.set(key, starting)
    await starting.catch((error: unknown) => {
      this.servers.delete(key)
      throw error
    })
  }

  /** Stop the server of a project; does nothing if it does not run. */
  async stop(request: LspServerRequest): Promise<void> {
    const key = this.keyOf(request)
    const server = await this.servers.get(key)?.catch(() => null)
    await server?.stop()
    if ((await this.servers.get(key)?.catch(() => null)) === server) this.servers.delete(key)
  }

  /** The running server of a project. Rejects with `CONFLICT` if there is none. */
  async require(request: LspServerRequest): Promise<LanguageServer> {
    const server = await this.servers.get(this.keyOf(request))?.catch(() => null)
    if (server && !server.hasEnded) return server
    const { name } = lspPrograms[request.languageId]
    throw new ApiError('CONFLICT', `${name} does not run for ${this.projectOf(request)}; start it first`)
  }

  /** The absolute path of a document. */
  find(request: LspServerRequest, uri: string): Promise<string> {
    return findDocument(uri, this.projectOf(request), this.services.config.workDir)
  }

  /** Symbols of a project whose names match the query. */
  async search(request: LspServerRequest, query: string, signal: AbortSignal): Promise<LspSymbol[]> {
    const server = await this.require(request)
    const { extensions } = lspPrograms[request.languageId]
    if (server.searchesSymbols) {
      // The TypeScript server knows a project only while a document of it is open.
      const [file] = server.hasDocuments ? [] : await sourceFiles(server.project, extensions, 1)
      return await server.projectSymbols(query, file ? { file, language: request.languageId } : null, signal)
    }
    const wanted = query.toLowerCase()
    const found: LspSymbol[] = []
    for (const file of await sourceFiles(server.project, extensions, maxSearchedFiles)) {
      signal.throwIfAborted()
      const symbols = await server.documentSymbols(file, request.languageId, signal).catch((error: unknown) => {
        // A file that was removed, or that the server cannot read.
        if (error instanceof ApiError && !server.hasEnded) return []
        throw error
      })
      found.push(...symbols.filter(({ name }) => name.toLowerCase().includes(wanted)))
      if (found.length >= maxItems) break
    }
    return found
  }

  private projectOf({ pathToProject }: LspServerRequest): string {
    return posix.resolve(this.space.absolute(pathToProject))
  }

  private keyOf(request: LspServerRequest): string {
    return `${lspPrograms[request.languageId].name}:${this.projectOf(request)}`
  }
}
