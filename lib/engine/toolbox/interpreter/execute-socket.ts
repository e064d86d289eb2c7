/** The socket that starts and follows a run (2.5), and the sockets of its viewers. */
import type { RawData, WebSocket } from 'ws'
import { closeSignal } from '@/lib/edge/close-signal'
import { ApiError } from '@/lib/process-api/errors'
import {
  type InterpreterRequest,
  interpreterClientMessageSchema,
  interpreterRequestSchema,
  type RunItem,
} from '@/lib/process-api/interpreter'
import { keepAlive } from '../../http/keep-alive'
import type { InterpreterContext } from './context'
import type { ContextRun, RunEnding } from './context-run'
import { defaultContextId } from './context-run'
import { followRun, type RunPart } from './follow-run'
import { FrameBatcher, frame } from './frames'
import type { Interpreter } from './interpreter'

/** Above this many buffered bytes, the socket is drained before more is read from the journal. */
const highWaterBytes = 1024 * 1024
/** The limit of a close reason. */
const maxReasonBytes = 123

/** How a socket is closed after its run. Timeouts have no control frame: clients would take it for success. */
const closings: Record<RunEnding, { control: 'completed' | 'interrupted' | null; code: number; reason: string }> = {
  completed: { control: 'completed', code: 1000, reason: '' },
  interrupted: { control: 'interrupted', code: 1000, reason: '' },
  'not-recorded': { control: null, code: 1011, reason: 'not all of the run could be recorded: the disk is full' },
  'timed-out': { control: null, code: 4008, reason: '' },
  'process-ended': { control: null, code: 1011, reason: 'worker process ended' },
  'context-deleted': { control: null, code: 1001, reason: 'context shutdown' },
  'context-restarted': { control: null, code: 1011, reason: 'context restarted' },
}

/** Read the request, queue the run, stream what it produces, and close the socket. */
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
  const problem = findProblem(request)
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
  if (extensions) acceptMessages(socket, context, run)
  await streamRun(socket, run, extensions)
}

/** Stream a run from its start to a viewer, whose messages are ignored. */
export async function serveViewer(socket: WebSocket, run: ContextRun): Promise<void> {
  keepAlive(socket)
  await streamRun(socket, run, true)
}

async function streamRun(socket: WebSocket, run: ContextRun, extensions: boolean): Promise<void> {
  const signal = closeSignal(socket)
  const client = new RunClient(socket, extensions)
  const stopListening = extensions
    ? run.record.onChange((change) => {
        if (change === 'state' && !run.record.hasEnded) client.sendRun(run)
      })
    : () => {}
  try {
    client.sendRun(run)
    for await (const part of followRun(run, signal)) {
      client.sendPart(part)
      await client.writable()
    }
    client.endOutput()
    if (signal.aborted) return
    if (extensions) await run.record.ended
    client.sendRun(run)
    client.close(run.ending ?? 'completed')
  } finally {
    stopListening()
  }
}

const emptyFields = { text: '', name: '', value: '', traceback: '' } as const

/** The sending side of a run's socket. */
class RunClient {
  private readonly batcher = new FrameBatcher((message) => this.send(message))
  private pendingWrite: Promise<void> | null = null

  /** @param extensions the client understands items and states of runs */
  constructor(
    private readonly socket: WebSocket,
    private readonly extensions: boolean,
  ) {}

  sendRun(run: ContextRun): void {
    if (this.extensions) this.send({ type: 'run', ...emptyFields, run: run.toWire() })
  }

  sendPart(part: RunPart): void {
    if (part.kind === 'output') this.batcher.add(part.chunk.stream, part.chunk.data)
    else this.sendItem(part.item)
  }

  private sendItem(item: RunItem): void {
    this.batcher.flush()
    if (item.kind === 'error') {
      this.batcher.end()
      const { name, value, traceback } = item
      this.send(frame({ type: 'error', name, value, traceback }))
    } else if (this.extensions) {
      this.send({ type: 'item', ...emptyFields, item })
    }
  }

  endOutput(): void {
    this.batcher.end()
  }

  close(ending: RunEnding): void {
    const { control, code, reason } = closings[ending]
    if (control) this.send(frame({ type: 'control', text: control }))
    close(this.socket, code, reason)
  }

  /** Resolves when the socket's buffer has room. */
  async writable(): Promise<void> {
    await this.pendingWrite
    this.pendingWrite = null
  }

  private send(message: object): void {
    const { socket } = this
    if (socket.readyState !== socket.OPEN) return
    const text = JSON.stringify(message)
    if (socket.bufferedAmount < highWaterBytes) socket.send(text)
    else this.pendingWrite = new Promise((resolve) => socket.send(text, () => resolve()))
  }
}

/** Handle messages of a client with extensions while its run is running. */
function acceptMessages(socket: WebSocket, context: InterpreterContext, run: ContextRun): void {
  socket.on('message', (data) => {
    const message = interpreterClientMessageSchema.safeParse(parseJson(data))
    if (!message.success || run.record.state !== 'running') return
    if (message.data.type === 'interrupt') void context.interrupt()
    else replyIfWaiting(context, message.data.eof ? null : message.data.text)
  })
}

/** Another client may have replied a moment before. */
function replyIfWaiting(context: InterpreterContext, text: string | null): void {
  try {
    context.answer(text)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}

/** Null when the client closed the socket without one. */
function firstMessage(socket: WebSocket): Promise<RawData | null> {
  return new Promise((resolve) => {
    const onClose = () => resolve(null)
    socket.once('close', onClose)
    socket.once('message', (data) => {
      socket.off('close', onClose)
      resolve(data)
    })
  })
}

/** The request, or the reason why it is invalid. */
function parseRequest(data: RawData): InterpreterRequest | string {
  const value = parseJson(data)
  if (value === undefined) return 'invalid JSON payload'
  const request = interpreterRequestSchema.safeParse(normalise(value))
  return request.success ? request.data : 'invalid JSON payload'
}

/** Accepts keys in any case, as in every JSON body. A negative timeout passes: it has a separate error message. */
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

function findProblem({ timeout, envs }: InterpreterRequest): string | null {
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
    // The caller reports it to the client.
    return undefined
  }
}

function close(socket: WebSocket, code: number, reason: string): void {
  let short = reason
  while (Buffer.byteLength(short) > maxReasonBytes) short = short.slice(0, -1)
  if (socket.readyState === socket.OPEN) socket.close(code, short)
}
