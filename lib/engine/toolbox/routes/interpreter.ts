/** Routes of the interpreter: the reference's (2.5), and the extensions below `/process/interpreter/context/{id}`. */
import path from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import {
  answerRequestSchema,
  createContextRequestSchema,
  interpreterRunPageQuerySchema,
  startInterpreterRunSchema,
} from '@/lib/process-api/interpreter'
import { codeLanguageSchema } from '@/lib/process-api/process'
import { sendJson } from '../../http/reply'
import type { RequestContext, Routes } from '../../http/router'
import { SpawnError } from '../../linux/spawn-error'
import { verifyRecords } from '../execution/check-records'
import { serveExecution, serveViewer } from '../interpreter/execute-socket'
import { Interpreter } from '../interpreter/interpreter'
import { checkEnvs } from '../process/environment'
import type { ToolboxServices } from '../services/services'
import { registerJournal } from './journal'

const base = '/process/interpreter'

export function registerInterpreter(routes: Routes, services: ToolboxServices): void {
  let made: Interpreter | null = null
  // Made at the first use: most sandboxes never need one, and a warm toolbox does not know its folders yet.
  const interpreter = () => {
    made ??= new Interpreter(services)
    return made
  }
  const contextOf = ({ param }: Pick<RequestContext, 'param'>) => interpreter().get(param('id'))
  const runOf = ({ param }: Pick<RequestContext, 'param'>) => interpreter().run(param('id'), param('run'))

  routes.route('POST', `${base}/context`, async (context) => {
    const request = await context.json(createContextRequestSchema, { name: 'CreateContextRequest' })
    const language = codeLanguageSchema.safeParse(request.language || 'python')
    if (!language.success) throw new ApiError('BAD_REQUEST', `unsupported language: ${request.language}`)
    const cwd = path.resolve(services.config.workDir, request.cwd || '.')
    try {
      const created = await interpreter().create(language.data, cwd)
      sendJson(context.response, 200, created.toWire())
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error
      throw new ApiError('INTERNAL_SERVER_ERROR', `failed to create context: ${error.message}`, {}, { cause: error })
    }
  })
  routes.route('GET', `${base}/context`, ({ response }) => {
    const contexts = interpreter().list()
    sendJson(response, 200, { contexts: contexts.map((context) => context.toWire()) })
  })
  routes.route('DELETE', `${base}/context/:id`, async (context) => {
    await interpreter().delete(context.param('id'))
    sendJson(context.response, 200, { message: 'Context deleted successfully' })
  })
  routes.webSocket(`${base}/execute`, async (context) => {
    const socket = await context.accept()
    await serveExecution(socket, interpreter(), context.query.get('extensions') === '1')
  })
  routes.route('GET', `${base}/execute`, () => {
    throw new ApiError('BAD_REQUEST', 'this route needs a WebSocket upgrade')
  })

  routes.route('GET', `${base}/context/:id`, (context) => {
    sendJson(context.response, 200, contextOf(context).toDetail())
  })
  routes.route('POST', `${base}/context/:id/interrupt`, async (context) => {
    sendJson(context.response, 200, await contextOf(context).interrupt())
  })
  routes.route('POST', `${base}/context/:id/restart`, async (context) => {
    const restarted = contextOf(context)
    await restarted.restart()
    sendJson(context.response, 200, restarted.toDetail())
  })
  routes.route('POST', `${base}/context/:id/answer`, async (context) => {
    const { text, eof } = await context.json(answerRequestSchema, { name: 'AnswerRequest' })
    const asking = contextOf(context)
    asking.answer(eof ? null : text)
    sendJson(context.response, 200, asking.toDetail())
  })
  routes.route('GET', `${base}/context/:id/run`, async (context) => {
    const { limit, before } = interpreterRunPageQuerySchema.parse(Object.fromEntries(context.query))
    const newestFirst = interpreter().runsOf(contextOf(context).id).reverse()
    const from = before === undefined ? 0 : newestFirst.findIndex((run) => run.id === before) + 1
    const page = newestFirst.slice(from, from + limit)
    const next = from + limit < newestFirst.length ? (page.at(-1)?.id ?? null) : null
    await verifyRecords(page.map(({ record }) => record))
    sendJson(context.response, 200, { runs: page.map((run) => run.toWire()), next })
  })
  routes.route('POST', `${base}/context/:id/run`, async (context) => {
    const request = await context.json(startInterpreterRunSchema, { name: 'StartInterpreterRun' })
    checkEnvs(request.envs ?? {})
    const run = interpreter().submit(contextOf(context), {
      code: request.code,
      envs: request.envs ?? {},
      timeoutSeconds: request.timeout ?? null,
      rich: request.rich,
    })
    sendJson(context.response, 202, run.toDetail())
  })
  routes.route('GET', `${base}/context/:id/run/:run`, async (context) => {
    const run = runOf(context)
    await verifyRecords([run.record])
    sendJson(context.response, 200, { ...run.toDetail(), items: run.items.list() })
  })
  registerJournal(routes, `${base}/context/:id/run/:run`, (context) => runOf(context).record)
  routes.webSocket(`${base}/context/:id/run/:run/follow`, async (context) => {
    const run = runOf(context)
    await serveViewer(await context.accept(), run)
  })
}
