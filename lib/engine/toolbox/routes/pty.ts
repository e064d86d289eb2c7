/** Routes of PTYs: the reference's (2.4, 5.1), and the extensions: screen and recordings. */
import { randomUUID } from 'node:crypto'
import { fstatSync } from 'node:fs'
import { log } from '@/lib/log/log'
import type { ApiError } from '@/lib/process-api/errors'
import { ptyOperations } from '@/lib/process-api/operations/pty'
import { defaultCols, defaultRows, ptyIdSchema } from '@/lib/process-api/pty'
import { maxTerminalSide } from '@/lib/process-api/terminal-limits'
import type { OperationUpgrade } from '../../http/operation-request'
import { sendJson } from '../../http/reply'
import type { RequestContext, UpgradeContext } from '../../http/request-context'
import type { Routes } from '../../http/router'
import { FolderError, SpawnError } from '../../linux/spawn-error'
import { sendRange } from '../journal/download'
import { attach, refuse } from '../pty/connect'
import { envProblem, exitControlToken, readEnvToken } from '../pty/env-token'
import type { PtySession, PtySettings } from '../pty/pty-session'
import { Ptys, ptyError } from '../pty/ptys'
import type { ToolboxServices } from '../services/services'

interface Named {
  readonly id: string
}

export function registerPty(routes: Routes, services: ToolboxServices): void {
  const ptys = new Ptys(services)
  const sessionOf = ({ id }: Named): PtySession => {
    const session = ptys.find(id)
    if (!session) throw ptyError('NOT_FOUND', 'PTY session not found')
    return session
  }

  routes.on(ptyOperations.createPty, async ({ body, reply }) => {
    const request = await body()
    const id = checkId(request.id ?? '', 'session ID is required')
    const cols = checkSide(request.cols || defaultCols, 'invalid value for cols - must be less than 1000')
    const rows = checkSide(request.rows || defaultRows, 'invalid value for rows - must be less than 1000')
    const envs = request.envs ?? {}
    const problem = envProblem(envs)
    if (problem !== null) throw ptyError('BAD_REQUEST', problem)
    const lazyStart = request.lazyStart ?? false
    const session = create(ptys, { id, cwd: request.cwd ?? null, envs, cols, rows, lazyStart })
    if (!lazyStart) await startOrFail(ptys, session, 'failed to start PTY session')
    reply(201, { sessionId: id })
  })
  routes.on(ptyOperations.listPtys, ({ response, client }) => {
    const sessions = ptys.list().map((session) => (client.rejectsUnknownFields ? session.toWire() : session.toDetail()))
    sendJson(response, 200, { sessions })
  })
  routes.on(ptyOperations.getPty, (context) => sendPty(context, sessionOf(context.params)))
  routes.on(ptyOperations.deletePty, async ({ params, reply }) => {
    await sessionOf(params).kill()
    reply(200, { message: 'PTY session deleted' })
  })
  routes.on(ptyOperations.resizePty, async (context) => {
    const { cols, rows } = await context.body()
    if (cols < 1 || rows < 1) throw ptyError('BAD_REQUEST', `${cols < 1 ? 'cols' : 'rows'} must be at least 1`)
    checkSide(cols, 'cols must be less than 1000')
    checkSide(rows, 'rows must be less than 1000')
    const { id } = context.params
    const session = ptys.find(id)
    if (!session) throw ptyError('GONE', `PTY session ${id} not found`)
    if (!session.toWire().active) throw ptyError('INTERNAL_SERVER_ERROR', 'cannot resize inactive PTY session')
    session.resize(cols, rows, null)
    sendPty(context, session)
  })

  routes.onSocket(ptyOperations.connectPty, async (context) => {
    const { id } = context.params
    const socket = await context.accept()
    const session = ptys.find(id)
    if (!session) {
      refuse(socket, `Failed to connect to PTY session: PTY session ${id} not found`)
      return
    }
    // Input received meanwhile is queued.
    socket.pause()
    try {
      await ptys.start(session)
    } catch (error) {
      refuse(socket, `Failed to connect to PTY session: failed to start PTY session: ${explain(error)}`)
      return
    }
    attach(socket, session, connectOptions(context))
    socket.resume()
  })
  routes.onSocket(ptyOperations.createAndConnectPty, async (context) => {
    // Checked here and not by the schemas, with the reference's messages.
    const { search, offered } = context
    const id = checkId(search.get('id') ?? '', "session ID is required (query param 'id')")
    ptys.requireUnusedId(id)
    const cols = sideFromQuery(search, 'cols') || defaultCols
    const rows = sideFromQuery(search, 'rows') || defaultRows
    checkSide(Math.max(cols, rows), 'cols and rows must be less than 1000')
    const envs = envsOf(offered)
    const session = create(ptys, { id, cwd: search.get('cwd'), envs, cols, rows, lazyStart: false })
    let socket: Awaited<ReturnType<UpgradeContext['accept']>>
    try {
      socket = await context.accept()
    } catch (error) {
      ptys.ended(session)
      throw error
    }
    socket.pause()
    try {
      await ptys.start(session)
    } catch (error) {
      refuse(socket, `Failed to start PTY session: ${explain(error)}`)
      return
    }
    attach(socket, session, connectOptions(context))
    socket.resume()
  })

  routes.on(ptyOperations.getPtyScreen, async ({ params, reply }) => {
    const { offset, grid } = await sessionOf(params).grid()
    reply(200, { offset, ...grid })
  })
  routes.on(ptyOperations.recordPty, async ({ params, body, reply }) => {
    const { action } = await body()
    const session = sessionOf(params)
    const { cols, rows, envs, recording } = session.toDetail()
    if (action === 'start') {
      if (recording !== null) throw ptyError('CONFLICT', 'this PTY is already being recorded')
      const env = { TERM: envs.TERM ?? '', SHELL: services.shell }
      const open = ptys.recordings.start(session.id, { cols, rows, env })
      await session.record(open)
      reply(201, await ptys.recordings.get(open.id))
    } else {
      if (recording === null) throw ptyError('CONFLICT', 'this PTY is not being recorded')
      session.stopRecording()
      reply(200, await ptys.recordings.get(recording))
    }
  })
  routes.on(ptyOperations.listPtyRecordings, async ({ reply }) => {
    reply(200, { recordings: await ptys.recordings.list() })
  })
  routes.on(ptyOperations.getPtyRecording, async ({ params, reply }) => {
    reply(200, await ptys.recordings.get(params.recording))
  })
  routes.on(ptyOperations.deletePtyRecording, ({ params, reply }) => {
    ptys.recordings.remove(params.recording)
    reply(204)
  })
  routes.on(ptyOperations.downloadPtyRecording, async ({ params, request, response }) => {
    const id = params.recording
    const fd = ptys.recordings.openFile(id)
    const { size } = fstatSync(fd)
    response.setHeader('content-type', 'application/x-asciicast')
    response.setHeader('content-disposition', `attachment; filename="${id}.cast"`)
    await sendRange(response, fd, size, request.headers.range)
  })
}

/** Clients that reject unknown fields get only the reference's. */
function sendPty({ response, client }: RequestContext, session: PtySession): void {
  sendJson(response, 200, client.rejectsUnknownFields ? session.toWire() : session.toDetail())
}

function create(ptys: Ptys, request: Parameters<Ptys['settings']>[0]): PtySession {
  let settings: PtySettings
  try {
    ptys.requireUnusedId(request.id)
    settings = ptys.settings(request)
  } catch (error) {
    if (error instanceof SpawnError) throw startError(error, 'failed to start PTY session')
    throw error
  }
  return ptys.add(settings)
}

async function startOrFail(ptys: Ptys, session: PtySession, text: string): Promise<void> {
  try {
    await ptys.start(session)
  } catch (error) {
    throw startError(error, text)
  }
}

function startError(error: unknown, text: string): ApiError {
  const code = error instanceof FolderError ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR'
  return ptyError(code, `${text}: ${explain(error)}`)
}

function explain(error: unknown): string {
  if (!(error instanceof SpawnError)) log.error({ err: error }, 'a PTY could not be started')
  return error instanceof Error ? error.message : String(error)
}

function checkId(id: string, whenMissing: string): string {
  if (id === '') throw ptyError('BAD_REQUEST', whenMissing)
  const result = ptyIdSchema.safeParse(id)
  if (!result.success) throw ptyError('BAD_REQUEST', result.error.issues[0]?.message ?? 'invalid PTY id')
  return result.data
}

/** 1000 itself is accepted, as the reference does in spite of its words. */
function checkSide(side: number, text: string): number {
  if (side > maxTerminalSide) throw ptyError('BAD_REQUEST', text)
  return side
}

function sideFromQuery(query: URLSearchParams, name: 'cols' | 'rows'): number {
  const text = query.get(name)
  if (text === null || text === '') return 0
  const side = Number(text)
  if (!/^\d+$/.test(text) || side > 65_535) {
    throw ptyError('BAD_REQUEST', `${name} must be an integer between 0 and 65535`)
  }
  return side
}

function envsOf(offered: readonly string[]): Record<string, string> {
  try {
    return readEnvToken(offered)
  } catch (error) {
    throw ptyError('BAD_REQUEST', `invalid envs subprotocol: ${error instanceof Error ? error.message : String(error)}`)
  }
}

type Attaching = Pick<OperationUpgrade<typeof ptyOperations.connectPty>, 'query' | 'offered'>

function connectOptions({ query, offered }: Attaching) {
  return {
    exitControl: offered.includes(exitControlToken),
    snapshot: query.snapshot === '1',
    viewer: query.mode === 'view',
    client: query.client?.slice(0, 100) || randomUUID(),
  }
}
