/** Routes of the interpreter: the reference's (2.5), and the extensions below `/process/interpreter/context/{id}`. */
import path from 'node:path'
import type { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import type { interpreterRunQuerySchema } from '@/lib/process-api/interpreter'
import { contextRunJournal, interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { codeLanguageSchema } from '@/lib/process-api/process'
import { arrayParts, sendJsonStream } from '../../http/json-stream'
import type { Routes } from '../../http/router'
import { FolderError, SpawnError } from '../../linux/spawn-error'
import { verifyRecords } from '../execution/check-records'
import type { ContextRun } from '../interpreter/context-run'
import { serveExecution, serveViewer } from '../interpreter/execute-socket'
import { Interpreter } from '../interpreter/interpreter'
import { checkEnvs } from '../process/environment'
import type { ToolboxServices } from '../services/services'
import { registerJournal } from './journal'

interface Named {
  readonly id: string
}

interface NamedRun extends Named {
  readonly run: string
}

export function registerInterpreter(routes: Routes, services: ToolboxServices): void {
  let made: Interpreter | null = null
  // Made at the first use: most sandboxes never need one, and a warm toolbox does not know its folders yet.
  const interpreter = () => {
    made ??= new Interpreter(services)
    return made
  }
  const contextOf = ({ id }: Named) => interpreter().get(id)
  const runOf = ({ id, run }: NamedRun) => interpreter().run(id, run)

  routes.on(interpreterOperations.createContext, async ({ body, reply }) => {
    const request = await body()
    const language = codeLanguageSchema.safeParse(request.language || 'python')
    if (!language.success) throw new ApiError('BAD_REQUEST', `unsupported language: ${request.language}`)
    const cwd = path.resolve(services.config.workDir, request.cwd || '.')
    try {
      const created = await interpreter().create(language.data, cwd)
      reply(200, created.toWire())
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error
      const code = error instanceof FolderError ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR'
      throw new ApiError(code, `failed to create context: ${error.message}`, {}, { cause: error })
    }
  })
  routes.on(interpreterOperations.listContexts, ({ reply }) => {
    const contexts = interpreter().list()
    reply(200, { contexts: contexts.map((context) => context.toWire()) })
  })
  routes.on(interpreterOperations.deleteContext, async ({ params, reply }) => {
    await interpreter().delete(params.id)
    reply(200, { message: 'Context deleted successfully' })
  })
  routes.onSocket(interpreterOperations.executeInContext, async ({ query, accept }) => {
    const socket = await accept()
    await serveExecution(socket, interpreter(), query.extensions === '1')
  })

  routes.on(interpreterOperations.getContext, ({ params, reply }) => reply(200, contextOf(params).toDetail()))
  routes.on(interpreterOperations.interruptContext, async ({ params, reply }) => {
    reply(200, await contextOf(params).interrupt())
  })
  routes.on(interpreterOperations.restartContext, async ({ params, reply }) => {
    const restarted = contextOf(params)
    await restarted.restart()
    reply(200, restarted.toDetail())
  })
  routes.on(interpreterOperations.answerContext, async ({ params, body, reply }) => {
    const { text, eof } = await body()
    const asking = contextOf(params)
    asking.answer(eof ? null : text)
    reply(200, asking.toDetail())
  })
  routes.on(interpreterOperations.listContextRuns, async ({ params, query, reply }) => {
    const { limit, before } = query
    const newestFirst = interpreter().runsOf(contextOf(params).id).reverse()
    const from = before === undefined ? 0 : newestFirst.findIndex((run) => run.id === before) + 1
    const page = newestFirst.slice(from, from + limit)
    const next = from + limit < newestFirst.length ? (page.at(-1)?.id ?? null) : null
    await verifyRecords(page.map(({ record }) => record))
    reply(200, { runs: page.map((run) => run.toWire()), next })
  })
  routes.on(interpreterOperations.startContextRun, async ({ params, body, reply }) => {
    const { code, envs, timeout, rich } = await body()
    checkEnvs(envs ?? {})
    const run = interpreter().submit(contextOf(params), {
      code,
      envs: envs ?? {},
      timeoutSeconds: timeout ?? null,
      rich,
    })
    reply(202, run.toDetail())
  })
  routes.on(interpreterOperations.getContextRun, async ({ params, query, response }) => {
    const run = runOf(params)
    await verifyRecords([run.record])
    await sendJsonStream(response, detailParts(run, query))
  })
  registerJournal(
    routes,
    contextRunJournal,
    (params) => runOf(params).record,
    () => services.config.assetsDir,
  )
  routes.onSocket(interpreterOperations.watchContextRun, async ({ params, accept }) => {
    const run = runOf(params)
    await serveViewer(await accept(), run)
  })
}

/** The run with its items, in parts: items that the code has shown can be hundreds of megabytes together. */
function* detailParts(
  run: ContextRun,
  { textLimit, items }: z.output<typeof interpreterRunQuerySchema>,
): Generator<string> {
  yield `${JSON.stringify(run.toDetail(textLimit)).slice(0, -1)},"items":`
  yield* arrayParts(items === 'none' ? [] : run.items.each(), (item) => [JSON.stringify(item)])
  yield '}'
}
