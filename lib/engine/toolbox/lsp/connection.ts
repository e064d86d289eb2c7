/** JSON-RPC with a language server. The server is a program of the sandbox: nothing that it sends is trusted. */
import type { Duplex } from 'node:stream'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { TimeBudget } from '../process/time-budget'
import { frame, MessageReader } from './framing'

/** The symbols of a large project are a few MiB. */
const maxMessageBytes = 32 * 1024 * 1024
/** Bytes that a server has not read yet; a server that reads nothing must not fill the memory. */
const maxUnreadBytes = 32 * 1024 * 1024

/** How long a server that has closed its output may take to exit. */
const exitDelayMs = 1_000

const messageSchema = z.object({
  id: z.union([z.number(), z.string()]).nullish(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).nullish(),
})
const configurationSchema = z.object({ items: z.array(z.unknown()) })
/** Requests of servers that need no action here. */
const acknowledged = new Set([
  'client/registerCapability',
  'client/unregisterCapability',
  'window/workDoneProgress/create',
  'window/showMessageRequest',
])
const methodNotFound = { code: -32_601, message: 'not supported' }

interface Pending {
  resolve(result: unknown): void
  reject(error: Error): void
}

export interface RequestOptions {
  readonly timeoutMs: number
  /** Aborted when the client disconnects. */
  readonly signal?: AbortSignal
}

export class LspConnection {
  private readonly reader = new MessageReader(maxMessageBytes)
  private readonly budget = new TimeBudget()
  private readonly pending = new Map<number, Pending>()
  private nextId = 1
  private closedBy: Error | null = null

  /**
   * @param name of the program, for messages
   * @param onClose called once, when no message can be exchanged any more
   */
  constructor(
    private readonly name: string,
    private readonly input: Duplex,
    output: Duplex,
    private readonly onClose: () => void,
  ) {
    input.on('error', () => input.destroy())
    // The other direction of the socket is not used.
    input.resume()
    output.on('error', () => output.destroy())
    output.on('data', (chunk: Buffer) => this.receive(chunk))
    output.once('close', () => {
      // It usually exits at the same time, which explains more.
      const closed = () => this.close(new ApiError('CONFLICT', `${name} has closed its output; start it again`))
      setTimeout(closed, exitDelayMs).unref()
    })
  }

  /** Send a request. Rejects with an `ApiError`: an error of the server, a timeout, or the end of the connection. */
  async request(method: string, params: unknown, { timeoutMs, signal }: RequestOptions): Promise<unknown> {
    const id = this.nextId
    this.nextId += 1
    let timer: NodeJS.Timeout | null = null
    let abandon: ((error: Error) => void) | null = null
    const onAbort = () => abandon?.(new ApiError('CONFLICT', 'the client has disconnected'))
    try {
      return await new Promise((resolve, reject) => {
        abandon = (error) => {
          this.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } })
          reject(error)
        }
        timer = setTimeout(
          () => abandon?.(new ApiError('REQUEST_TIMEOUT', `${this.name} did not respond within ${timeoutMs / 1000} s`)),
          timeoutMs,
        )
        signal?.addEventListener('abort', onAbort, { once: true })
        this.pending.set(id, { resolve, reject })
        this.send({ jsonrpc: '2.0', id, method, params })
        if (this.closedBy) reject(this.closedBy)
      })
    } finally {
      if (timer) clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      this.pending.delete(id)
    }
  }

  notify(method: string, params: unknown): void {
    this.send({ jsonrpc: '2.0', method, params })
  }

  /** Reject everything that is pending, now and later. */
  close(reason: Error): void {
    if (this.closedBy) return
    this.closedBy = reason
    for (const { reject } of this.pending.values()) reject(reason)
    this.pending.clear()
    this.onClose()
  }

  private send(message: object): void {
    if (this.closedBy) return
    this.input.write(frame(message))
    if (this.input.writableLength > maxUnreadBytes) {
      this.close(new ApiError('CONFLICT', `${this.name} does not read its input; start it again`))
    }
  }

  private receive(chunk: Buffer): void {
    if (this.closedBy) return
    const startedAt = performance.now()
    try {
      for (const message of this.reader.read(chunk)) this.handle(message)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.close(new ApiError('CONFLICT', `${this.name} sent ${reason}; start it again`))
    }
    if (this.budget.charge(startedAt)) return
    this.close(new ApiError('CONFLICT', `${this.name} sent more than can be read; start it again`))
  }

  private handle(raw: unknown): void {
    const parsed = messageSchema.safeParse(raw)
    if (!parsed.success) return
    const { id, method, params, result, error } = parsed.data
    if (id === undefined || id === null) return
    if (method !== undefined) {
      this.send({ jsonrpc: '2.0', id, ...responseTo(method, params) })
      return
    }
    const pending = typeof id === 'number' ? this.pending.get(id) : undefined
    if (error) pending?.reject(new ApiError('UNPROCESSABLE_ENTITY', `${this.name}: ${error.message.slice(0, 1000)}`))
    else pending?.resolve(result)
  }
}

/** Servers wait for a response to their own requests. */
function responseTo(method: string, params: unknown): { result: unknown } | { error: object } {
  if (method === 'workspace/configuration') {
    const { data } = configurationSchema.safeParse(params)
    return { result: (data?.items ?? []).slice(0, 1000).map(() => null) }
  }
  return acknowledged.has(method) ? { result: null } : { error: methodNotFound }
}
