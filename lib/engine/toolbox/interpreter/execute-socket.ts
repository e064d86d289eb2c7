/** The socket of one execution (2.5), and of those who watch it. */
import type { RawData, WebSocket } from 'ws'
import { ApiError } from '@/lib/process-api/errors'
import {
  type InterpreterRequest,
  interpreterClientMessageSchema,
  interpreterRequestSchema,
} from '@/lib/process-api/interpreter'
import { keepAlive } from '../../http/keep-alive'
import type { InterpreterContext } from './context'
import type { ContextRun, RunEnding } from './context-run'
import { defaultContextId } from './context-run'
import { followRun } from './follow-run'
import { FrameGatherer, frame } from './frames'
import type { Interpreter } from './interpreter'

/** Bytes that may wait in a socket before reading on; the journal keeps the rest meanwhile. */
const highWater = 1024 * 1024
/** A close reason has room for so many bytes. */
const maxReason = 123

/** How a socket ends after each ending of its run. On a timeout no control frame: clients would take it for success. */
const closings: Record<RunEnding, { control: 'completed' | 'interrupted' | null; code: number; reason: string }> = {
  completed: { control: 'completed', code: 1000, reason: '' },
  interrupted: { control: 'interrupted', code: 1000, reason: '' },
  'not-recorded': { control: null, code: 1011, reason: 'not all of the run could be recorded: the disk is full' },
  'timed-out': { control: null, code: 4008, reason: '' },
  'process-ended': { control: null, code: 1011, reason: 'worker process ended' },
  'context-deleted': { control: null, code: 1001, reason: 'context shutdown' },
  'context-restarted': { control: null, code: 1011, reason: 'context restarted' },
}

/** Answer an execution: read the request, queue the run, tell what it does, close. */
export async function serveExecution(socket: WebSocket, interpreter: Interpreter, extensions: boolean): Promise<void> {
  keepAlive(socket)
  const first = await firstMessage(socket)
  if (first === null) return
  const request = parseRequest(first)
  if (typeof request === 'string') {
    close(socket, 1002, request)
    return
  }
  if (request.code.trim() === '') {
    close(socket, 1008, 'code is required')
    return
  }
  const problem = checkNumbersAndNames(request)
  if (problem !== null) {
    close(socket, 1008, problem)
    return
  }
  const contextId = request.contextId || defaultContextId
  const context = interpreter.find(contextId)
  if (!context) {
    close(socket, 1008, `context not found: ${contextId}`)
    return
  }
  let run: ContextRun
  try {
    run = interpreter.submit(context, {
      code: request.code,
      envs: request.envs ?? {},
      timeoutSeconds: request.timeout ?? null,
      rich: extensions,
    })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    close(socket, error.code === 'TOO_MANY_REQUESTS' ? 1013 : 1011, error.message)
    return
  }
  if (extensions) obey(socket, context, run)
  await show(socket, run, extensions)
}

/** Show a run that somebody else started, from its beginning. A viewer sends nothing. */
export async function serveViewer(socket: WebSocket, run: ContextRun): Promise<void> {
  keepAlive(socket)
  await show(socket, run, true)
}

async function show(socket: WebSocket, run: ContextRun, extensions: boolean): Promise<void> {
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  let writable: Promise<void> | null = null
  const send = (message: object) => {
    if (socket.readyState !== socket.OPEN) return
    const text = JSON.stringify(message)
    if (socket.bufferedAmount < highWater) socket.send(text)
    else writable = new Promise((resolve) => socket.send(text, () => resolve()))
  }
  const empty = { text: '', name: '', value: '', traceback: '' } as const
  const sendRun = () => send({ type: 'run', ...empty, run: run.toWire() })
  const gatherer = new FrameGatherer(send)
  const stopListening = extensions
    ? run.record.onChange((change) => {
        if (change === 'state' && !run.record.hasEnded) sendRun()
      })
    : () => {}
  try {
    if (extensions) sendRun()
    for await (const part of followRun(run, gone.signal)) {
      if (part.kind === 'output') {
        gatherer.add(part.segment.stream, part.segment.data)
      } else {
        gatherer.flush()
        if (part.item.kind === 'error') {
          gatherer.end()
          const { name, value, traceback } = part.item
          send(frame({ type: 'error', name, value, traceback }))
        } else if (extensions) {
          send({ type: 'item', ...empty, item: part.item })
        }
      }
      if (writable) await writable
      writable = null
    }
    gatherer.end()
    if (gone.signal.aborted) return
    if (extensions) {
      await run.record.ended
      sendRun()
    }
    const { control, code, reason } = closings[run.ending ?? 'completed']
    if (control) send(frame({ type: 'control', text: control }))
    close(socket, code, reason)
  } finally {
    stopListening()
  }
}

/** What a client that asked for extensions may say while its run lasts. */
function obey(socket: WebSocket, context: InterpreterContext, run: ContextRun): void {
  socket.on('message', (data) => {
    const message = interpreterClientMessageSchema.safeParse(parseJson(data))
    if (!message.success || run.record.state !== 'running') return
    if (message.data.type === 'interrupt') void context.interrupt()
    else answerIfAsked(context, message.data.eof ? null : message.data.text)
  })
}

/** Somebody else may have answered a moment before. */
function answerIfAsked(context: InterpreterContext, text: string | null): void {
  try {
    context.answer(text)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}

/** Null when the client left without one. */
function firstMessage(socket: WebSocket): Promise<RawData | null> {
  return new Promise((resolve) => {
    const left = () => resolve(null)
    socket.once('close', left)
    socket.once('message', (data) => {
      socket.off('close', left)
      resolve(data)
    })
  })
}

/** The request, or why it is none. */
function parseRequest(data: RawData): InterpreterRequest | string {
  const value = parseJson(data)
  if (value === undefined) return 'invalid JSON payload'
  const lenient = interpreterRequestSchema.safeParse(normalise(value))
  return lenient.success ? lenient.data : 'invalid JSON payload'
}

/** Keys in any case, as in every JSON body; a negative timeout has a message of its own, so it passes here. */
function normalise(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const names = new Map(['code', 'contextId', 'timeout', 'envs'].map((name) => [name.toLowerCase(), name]))
  const known: Record<string, unknown> = { code: '' }
  for (const [key, content] of Object.entries(value)) {
    const name = names.get(key.toLowerCase())
    if (name !== undefined && (key === name || !Object.hasOwn(value, name))) known[name] = content
  }
  if (known.code === null) known.code = ''
  return known
}

function checkNumbersAndNames({ timeout, envs }: InterpreterRequest): string | null {
  if (timeout != null && timeout < 0) return 'timeout must be greater than or equal to 0'
  for (const [name, text] of Object.entries(envs ?? {})) {
    if (name === '' || /[=\0]/.test(name)) return `invalid environment variable name: '${name}'`
    if (text.includes('\0')) return `the environment variable '${name}' contains a NUL character`
  }
  return null
}

function parseJson(data: RawData): unknown {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    // The caller says so to the client.
    return undefined
  }
}

function close(socket: WebSocket, code: number, reason: string): void {
  let short = reason
  while (Buffer.byteLength(short) > maxReason) short = short.slice(0, -1)
  if (socket.readyState === socket.OPEN) socket.close(code, short)
}
