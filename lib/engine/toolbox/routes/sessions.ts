/** The session routes (2.3) and the engine's extensions. */
import { ApiError } from '@/lib/process-api/errors'
import { commandJournal, sessionOperations } from '@/lib/process-api/operations/sessions'
import { arrayParts, sendJsonStream } from '../../http/json-stream'
import { sendJson } from '../../http/reply'
import type { RequestContext } from '../../http/request-context'
import type { Routes } from '../../http/router'
import { verifyRecords } from '../execution/check-records'
import type { ReadServices, ToolboxServices } from '../services/services'
import { respondToExec } from '../session/exec-response'
import type { Session } from '../session/session'
import { sessionParts } from '../session/session-parts'
import { plainCommand, wholeCommandDetailOf } from '../session/session-record'
import { entrypointId, SessionStore } from '../session/session-store'
import { Sessions } from '../session/sessions'
import { registerJournal } from './journal'
import { registerLogs } from './session-logs'

interface Named {
  readonly sessionId: string
}

interface NamedCommand extends Named {
  readonly commandId: string
}

/** All session routes of a running sandbox. */
export function registerSessions(routes: Routes, services: ToolboxServices): void {
  const sessions = new Sessions(services, new SessionStore(services))
  registerReads(
    routes,
    sessions.store,
    (session) => sessions.refresh(session),
    () => services.config.assetsDir,
  )
  registerWrites(routes, sessions, services)
  services.shutdown.add(() => sessions.shutdown())
}

/** The sessions of a stopped sandbox. */
export function registerStoppedSessions(routes: Routes, services: ReadServices): void {
  registerReads(
    routes,
    new SessionStore(services),
    () => {},
    () => services.config.assetsDir,
  )
}

/** @param refresh updates the survivors of a session's commands */
function registerReads(
  routes: Routes,
  store: SessionStore,
  refresh: (session: Session) => void,
  assetsDir: () => string,
): void {
  const find = ({ sessionId }: Named) => store.get(sessionId)
  const findCommand = (params: NamedCommand) => find(params).command(params.commandId)

  const sendSession = async ({ response, client }: RequestContext, session: Session) => {
    refresh(session)
    await session.check()
    await sendJsonStream(response, sessionParts(session, client.rejectsUnknownFields))
  }

  routes.on(sessionOperations.listSessions, async ({ response, client }) => {
    await verifyRecords(store.commands())
    const parts = (session: Session) => sessionParts(session, client.rejectsUnknownFields)
    await sendJsonStream(response, arrayParts(store.list(), parts))
  })

  routes.on(sessionOperations.getSession, (request) => sendSession(request, find(request.params)))
  routes.on(sessionOperations.getEntrypointSession, (request) => sendSession(request, store.get(entrypointId)))

  routes.on(sessionOperations.getCommand, async ({ params, response, client }) => {
    const record = findCommand(params)
    await verifyRecords([record])
    if (record.hasEnded) refresh(find(params))
    const detail = wholeCommandDetailOf(record, find(params).textOf(record))
    sendJson(response, 200, client.rejectsUnknownFields ? plainCommand(detail) : detail)
  })

  registerLogs(routes, sessionOperations.getCommandLogs, ({ params, client }) => ({
    session: find(params),
    record: findCommand(params),
    form: client.output,
  }))

  registerLogs(routes, sessionOperations.getEntrypointLogs, ({ client }) => {
    const session = store.get(entrypointId)
    const [record] = session.commands.list()
    if (!record) throw new ApiError('NOT_FOUND', 'command not found')
    return { session, record, form: client.entrypointOutput }
  })

  registerJournal(routes, commandJournal, findCommand, assetsDir)
}

function registerWrites(routes: Routes, sessions: Sessions, services: ToolboxServices): void {
  const find = ({ sessionId }: Named) => sessions.store.get(sessionId)
  const findCommand = (params: NamedCommand) => {
    const session = find(params)
    return { session, record: session.command(params.commandId) }
  }

  /** The reference reports an unknown session with this text, though as a 500. */
  const findForExec = (params: Named) => {
    try {
      return find(params)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      throw new ApiError(error.code, `failed to execute command: not found: ${error.message}`)
    }
  }

  routes.on(sessionOperations.createSession, async (context) => {
    const body = await context.body()
    const { homeDir, workDir } = services.config
    await sessions.create({
      sessionId: body.sessionId,
      cwd: body.cwd ?? null,
      envs: body.envs ?? {},
      defaultCwd: context.client.sessionsStartInHome ? homeDir : workDir,
    })
    context.reply(201)
  })

  routes.on(sessionOperations.deleteSession, async ({ params, query, reply }) => {
    const { keep } = query
    await sessions.delete(find(params), keep)
    reply(204)
  })

  routes.on(sessionOperations.executeInSession, async (context) => {
    const body = await context.body()
    if (body.command.trim() === '') {
      throw new ApiError('INVALID_REQUEST_BODY', 'command cannot be empty or whitespace-only')
    }
    const isAsync = body.runAsync === true || body.async === true
    const stdin = body.stdin ?? (isAsync ? 'open' : 'closed')
    const record = sessions.exec(findForExec(context.params), {
      command: body.command,
      mode: stdin === 'closed' ? 'wait' : 'background',
      stdin,
      suppressInputEcho: body.suppressInputEcho ?? false,
    })
    if (isAsync) {
      context.reply(202, { cmdId: record.id, output: null, stdout: null, stderr: null, exitCode: null })
      return
    }
    await record.ended
    await respondToExec(context, record, services.config.limits.resultBytes)
  })

  routes.on(sessionOperations.sendCommandInput, async ({ params, body, reply }) => {
    const { session, record } = findCommand(params)
    const { data, newline, eof } = await body()
    if (data === '' && !eof) {
      const detail =
        "Key: 'SessionSendInputRequest.Data' Error:Field validation for 'Data' failed on the 'required' tag"
      throw new ApiError('INVALID_REQUEST_BODY', detail)
    }
    const ends = !newline || data === '' || data.endsWith('\n')
    sessions.input(session, record, Buffer.from(ends ? data : `${data}\n`), eof)
    reply(204)
  })

  routes.on(sessionOperations.signalCommand, async ({ params, body, reply }) => {
    const { session, record } = findCommand(params)
    const { signal } = await body()
    sessions.signal(session, record, signal)
    reply(204)
  })

  routes.on(sessionOperations.stopCommand, async ({ params, reply }) => {
    const { session, record } = findCommand(params)
    await sessions.stop(session, record)
    reply(204)
  })

  routes.on(sessionOperations.listSessionProcesses, ({ params, reply }) =>
    reply(200, { processes: sessions.processes(find(params)) }),
  )
}
