/** The routes of language servers. */
import { closeSignal } from '@/lib/edge/close-signal'
import { lspOperations } from '@/lib/process-api/operations/lsp'
import type { Routes } from '../../http/router'
import { LanguageServers } from '../lsp/language-servers'
import type { ToolboxServices } from '../services/services'

export function registerLsp(routes: Routes, services: ToolboxServices): void {
  const servers = new LanguageServers(services)

  routes.on(lspOperations.startLanguageServer, async ({ body, reply }) => {
    await servers.start(await body())
    reply(200)
  })

  routes.on(lspOperations.stopLanguageServer, async ({ body, reply }) => {
    await servers.stop(await body())
    reply(200)
  })

  routes.on(lspOperations.openDocument, async ({ body, reply }) => {
    const request = await body()
    const server = await servers.require(request)
    await server.open(await servers.find(request, request.uri), request.languageId)
    reply(200)
  })

  routes.on(lspOperations.closeDocument, async ({ body, reply }) => {
    const request = await body()
    const server = await servers.require(request)
    server.close(await servers.find(request, request.uri))
    reply(200)
  })

  routes.on(lspOperations.getCompletions, async ({ body, response, reply }) => {
    const request = await body()
    const server = await servers.require(request)
    const path = await servers.find(request, request.uri)
    reply(200, await server.completions(path, request.languageId, request, closeSignal(response)))
  })

  routes.on(lspOperations.listDocumentSymbols, async ({ query, response, reply }) => {
    const server = await servers.require(query)
    const path = await servers.find(query, query.uri)
    reply(200, await server.documentSymbols(path, query.languageId, closeSignal(response)))
  })

  routes.on(lspOperations.searchSymbols, async ({ query, response, reply }) => {
    reply(200, await servers.search(query, query.query, closeSignal(response)))
  })
}
