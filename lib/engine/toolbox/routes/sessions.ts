/** The session routes (2.3) and what the engine adds to them. */
import { ApiError } from '@/lib/process-api/errors'
import { signalRequestSchema } from '@/lib/process-api/extensions'
import {
  createSessionRequestSchema,
  deleteSessionQuerySchema,
  inputRequestSchema,
  sessionExecuteRequestSchema,
} from '@/lib/process-api/process'
import { arrayParts, sendJsonStream } from '../../http/json-stream'
import { parseQuery } from '../../http/query'
import { sendEmpty, sendJson } from '../../http/reply'
import type { RequestContext, Routes } from '../../http/router'
import { verifyRecords } from '../execution/check-records'
import type { ReadServices, ToolboxServices } from '../services/services'
import { answerExec } from '../session/exec-answer'
import type { Session } from '../session/session'
import { sessionParts } from '../session/session-parts'
import { plainCommand, wholeCommandDetailOf } from '../session/session-record'
import { entrypointId, SessionStore } from '../session/session-store'
import { Sessions } from '../session/sessions'
import { registerJournal } from './journal'
import { registerLogs } from './session-logs'

const all = '/process/session'
const one = `${all}/:sessionId`
const command = `${one}/command/:commandId`

type Named = Pick<RequestContext, 'param'>

/** All session routes of a running sandbox. */
export function registerSessions(routes: Routes, services: ToolboxServices): void {
  const sessions = new Sessions(services, new SessionStore(services))
  registerReads(routes, sessions.store, (session) => sessions.refresh(session))
  registerWrites(routes, sessions, services)
  services.shutdown.add(() => sessions.shutdown())
}

/** The sessions of a sandbox that is stopped. */
export function registerStoppedSessions(routes: Routes, services: ReadServices): void {
  registerReads(routes, new SessionStore(services), () => {})
}

/** @param refresh looks at the survivors of a session's commands */
function registerReads(routes: Routes, store: SessionStore, refresh: (session: Session) => void): void {
  const find = (context: Named) => store.get(context.param('sessionId'))
  const findCommand = (context: Named) => find(context).command(context.param('commandId'))

  const sendSession = async ({ response, client }: RequestContext, session: Session) => {
    refresh(session)
    await session.check()
    await sendJsonStream(response, sessionParts(session, client.rejectsUnknownFields))
  }

  routes.route('GET', all, async ({ response, client }) => {
    await verifyRecords(store.commands())
    const parts = (session: Session) => sessionParts(session, client.rejectsUnknownFields)
    await sendJsonStream(response, arrayParts(store.list(), parts))
  })

  routes.route('GET', one, (context) => sendSession(context, find(context)))
  routes.route('GET', `${all}/${entrypointId}`, (context) => sendSession(context, store.get(entrypointId)))

  routes.route('GET', command, async (context) => {
    const record = findCommand(context)
    await verifyRecords([record])
    if (record.hasEnded) refresh(find(context))
    const detail = wholeCommandDetailOf(record, find(context).textOf(record))
    sendJson(context.response, 200, context.client.rejectsUnknownFields ? plainCommand(detail) : detail)
  })

  registerLogs(routes, `${command}/logs`, (context) => ({
    session: find(context),
    record: findCommand(context),
    form: context.client.output,
  }))

  registerLogs(routes, `${all}/${entrypointId}/logs`, ({ client }) => {
    const session = store.get(entrypointId)
    const [record] = session.commands.list()
    if (!record) throw new ApiError('NOT_FOUND', 'command not found')
    return { session, record, form: client.entrypointOutput }
  })

  registerJournal(routes, command, findCommand)
}

function registerWrites(routes: Routes, sessions: Sessions, services: ToolboxServices): void {
  const find = (context: Named) => sessions.store.get(context.param('sessionId'))
  const findCommand = (context: Named) => {
    const session = find(context)
    return { session, record: session.command(context.param('commandId')) }
  }

  /** The reference reports an unknown session with this text, though as a 500. */
  const findForExec = (context: Named) => {
    try {
      return find(context)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      throw new ApiError(error.code, `failed to execute command: not found: ${error.message}`)
    }
  }

  routes.route('POST', all, async (context) => {
    const body = await context.json(createSessionRequestSchema, { name: 'CreateSessionRequest' })
    const { homeDir, workDir } = services.config
    await sessions.create({
      sessionId: body.sessionId,
      cwd: body.cwd ?? null,
      envs: body.envs ?? {},
      defaultCwd: context.client.sessionsStartInHome ? homeDir : workDir,
    })
    sendEmpty(context.response, 201)
  })

  routes.route('DELETE', one, async (context) => {
    const { keep } = parseQuery(context.query, deleteSessionQuerySchema)
    await sessions.delete(find(context), keep)
    sendEmpty(context.response, 204)
  })

  routes.route('POST', `${one}/exec`, async (context) => {
    const body = await context.json(sessionExecuteRequestSchema, { name: 'SessionExecuteRequest' })
    if (body.command.trim() === '') {
      throw new ApiError('INVALID_REQUEST_BODY', 'command cannot be empty or whitespace-only')
    }
    const isAsync = body.runAsync === true || body.async === true
    const stdin = body.stdin ?? (isAsync ? 'open' : 'closed')
    const record = sessions.exec(findForExec(context), {
      command: body.command,
      mode: stdin === 'closed' ? 'wait' : 'background',
      stdin,
      suppressInputEcho: body.suppressInputEcho ?? false,
    })
    if (isAsync) {
      sendJson(context.response, 202, { cmdId: record.id, output: null, stdout: null, stderr: null, exitCode: null })
      return
    }
    await record.ended
    await answerExec(context, record, services.config.limits.resultBytes)
  })

  routes.route('POST', `${command}/input`, async (context) => {
    const { session, record } = findCommand(context)
    const { data, newline, eof } = await context.json(inputRequestSchema, { name: 'SessionSendInputRequest' })
    if (data === '' && !eof) {
      const detail =
        "Key: 'SessionSendInputRequest.Data' Error:Field validation for 'Data' failed on the 'required' tag"
      throw new ApiError('INVALID_REQUEST_BODY', detail)
    }
    const ends = !newline || data === '' || data.endsWith('\n')
    sessions.input(session, record, Buffer.from(ends ? data : `${data}\n`), eof)
    sendEmpty(context.response, 204)
  })

  routes.route('POST', `${command}/signal`, async (context) => {
    const { session, record } = findCommand(context)
    const { signal } = await context.json(signalRequestSchema, { name: 'SignalRequest' })
    sessions.signal(session, record, signal)
    sendEmpty(context.response, 204)
  })

  routes.route('POST', `${command}/stop`, async (context) => {
    const { session, record } = findCommand(context)
    await sessions.stop(session, record)
    sendEmpty(context.response, 204)
  })

  routes.route('GET', `${one}/processes`, (context) => {
    sendJson(context.response, 200, { processes: sessions.processes(find(context)) })
  })
}
