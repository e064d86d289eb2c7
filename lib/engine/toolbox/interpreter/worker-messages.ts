/** Messages between the toolbox and the worker process of a context: length-prefixed JSON on separate sockets. */
import type { Duplex } from 'node:stream'
import { z } from 'zod'
import { representationsSchema } from '@/lib/process-api/interpreter'
import { parseUntrustedJson } from '../../http/untrusted-json'
import { TimeBudget } from '../process/time-budget'

const shownSchema = z.object({ representations: representationsSchema, omitted: z.record(z.string(), z.number()) })
const seqSchema = z.number().int()

/**
 * Messages from the worker. The code in the same process could write here too, so everything is validated.
 * Messages with `seq` are acknowledged when they were handled; the worker waits for that before it continues.
 */
export const workerMessageSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('ready'), version: z.string() }),
  /** The worker has opened the run's pipes. */
  z.object({ op: z.literal('started'), id: z.string() }),
  /** Requests to read everything that is in the pipes. */
  z.object({ op: z.literal('sync'), seq: seqSchema }),
  z.object({ op: z.enum(['result', 'display']), seq: seqSchema, data: shownSchema }),
  z.object({ op: z.literal('chart'), seq: seqSchema, chart: z.unknown() }),
  z.object({ op: z.literal('input'), question: z.number().int(), prompt: z.string(), password: z.boolean() }),
  /** The interrupt has reached the code: processes that it starts from now on are not signalled. */
  z.object({ op: z.literal('seen') }),
  z.object({
    op: z.literal('done'),
    id: z.string(),
    status: z.enum(['completed', 'error', 'interrupted']),
    error: z.object({ name: z.string(), value: z.string(), traceback: z.string() }).optional(),
    /** The argument of `sys.exit`. */
    exitCode: z.number().optional(),
  }),
])
export type WorkerMessage = z.infer<typeof workerMessageSchema>

/** Messages to the worker. */
export type WorkerRequest =
  | {
      op: 'run'
      id: string
      code: string
      /** For code that was compiled from another language. */
      sourceMap?: string
      envs: Record<string, string>
      rich: boolean
      input: boolean
      out: string
      err: string
    }
  | { op: 'ack'; seq: number }
  | { op: 'answer'; question: number; text: string | null }
  | { op: 'interrupt'; id: string }

/** Charts with many points are the largest messages: this is the limit of all charts of a code run together. */
const maxMessageBytes = 64 * 1024 * 1024

/** The toolbox's end of the sockets. A worker that breaks the protocol is disconnected, which kills its process. */
export class WorkerChannel {
  private parts: Buffer[] = []
  private size = 0
  private needed = 4
  private inBody = false
  private disturbed = false
  private readonly budget = new TimeBudget()
  /** Resolves when no more messages can arrive. */
  readonly closed: Promise<void>

  /** @param to and `from` may be the same socket */
  constructor(
    private readonly to: Duplex,
    private readonly from: Duplex,
    private readonly onMessage: (message: WorkerMessage) => void,
  ) {
    from.on('data', (chunk: Buffer) => this.onData(chunk))
    from.on('end', () => this.close())
    for (const socket of [to, from]) socket.on('error', () => this.close())
    this.closed = new Promise((resolve) => {
      from.once('close', () => resolve())
    })
  }

  /** True after an invalid message: the code has written to the channel. */
  get isDisturbed(): boolean {
    return this.disturbed
  }

  send(request: WorkerRequest): void {
    if (this.to.destroyed) return
    const body = Buffer.from(JSON.stringify(request))
    const head = Buffer.alloc(4)
    head.writeUInt32LE(body.length)
    this.to.write(Buffer.concat([head, body]))
  }

  close(): void {
    this.to.destroy()
    this.from.destroy()
  }

  private onData(chunk: Buffer): void {
    this.parts.push(chunk)
    this.size += chunk.length
    while (this.size >= this.needed && !this.from.destroyed) {
      const all = this.parts.length === 1 && this.parts[0] ? this.parts[0] : Buffer.concat(this.parts)
      const part = all.subarray(0, this.needed)
      this.parts = [all.subarray(this.needed)]
      this.size -= this.needed
      if (this.inBody) {
        this.inBody = false
        this.needed = 4
        this.handleBody(part)
      } else {
        this.inBody = true
        this.needed = part.readUInt32LE()
        if (this.needed > maxMessageBytes) this.fail()
      }
    }
  }

  private handleBody(body: Buffer): void {
    const startedAt = performance.now()
    try {
      this.onMessage(workerMessageSchema.parse(parseUntrustedJson(body)))
    } catch (error) {
      // An invalid message, or one with too many values or nested too deeply to be handled.
      const isInvalid = error instanceof SyntaxError || error instanceof z.ZodError || error instanceof RangeError
      if (!isInvalid) throw error
      this.fail()
    }
    if (!this.budget.charge(startedAt)) this.fail()
  }

  /** Disconnect, since later bytes may not start at the start of a message. */
  private fail(): void {
    this.disturbed = true
    this.close()
  }
}
