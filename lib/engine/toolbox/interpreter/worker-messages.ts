/** What the toolbox and a context's process say to each other: length-prefixed JSON on sockets of their own. */
import type { Duplex } from 'node:stream'
import { z } from 'zod'
import { representationsSchema } from '@/lib/process-api/interpreter'

const shownSchema = z.object({ representations: representationsSchema, omitted: z.record(z.string(), z.number()) })
const seqSchema = z.number().int()

/**
 * From the process. The code in it could write here too, so everything is checked.
 * Messages with `seq` are acknowledged once they were dealt with: the process waits for that before it prints on.
 */
export const workerMessageSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('ready'), version: z.string() }),
  /** The process has the run's pipes open. */
  z.object({ op: z.literal('started'), id: z.string() }),
  /** Read all that is in the pipes. */
  z.object({ op: z.literal('sync'), seq: seqSchema }),
  z.object({ op: z.enum(['result', 'display']), seq: seqSchema, data: shownSchema }),
  z.object({ op: z.literal('chart'), seq: seqSchema, chart: z.unknown() }),
  z.object({ op: z.literal('input'), question: z.number().int(), prompt: z.string(), password: z.boolean() }),
  /** The interrupt has reached the code: whatever it starts from here on shall live. */
  z.object({ op: z.literal('seen') }),
  z.object({
    op: z.literal('done'),
    id: z.string(),
    status: z.enum(['completed', 'error', 'interrupted']),
    error: z.object({ name: z.string(), value: z.string(), traceback: z.string() }).optional(),
    /** What `sys.exit` was called with. */
    exitCode: z.number().optional(),
  }),
])
export type WorkerMessage = z.infer<typeof workerMessageSchema>

/** To the process. */
export type WorkerRequest =
  | {
      op: 'run'
      id: string
      code: string
      /** Of code that was made from another language. */
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

/** A figure with many points makes the longest ones: as long as all charts of a code run may be together. */
const maxMessage = 64 * 1024 * 1024

/**
 * Reading messages holds up everything else in the toolbox, and the code decides how many there are and how long. It may
 * take so much time at once, and then this share of the time that passes.
 */
const readingBudgetMs = 5_000
const readingShare = 0.5

/** Frames on a socket. A peer that breaks the rules is cut off, which ends its process. */
export class WorkerChannel {
  private parts: Buffer[] = []
  private size = 0
  private wanted = 4
  private inBody = false
  private disturbed = false
  private budgetMs = readingBudgetMs
  private budgetAt = performance.now()
  /** Resolves when nothing more can come. */
  readonly closed: Promise<void>

  /** @param to and `from` may be the same */
  constructor(
    private readonly to: Duplex,
    private readonly from: Duplex,
    private readonly onMessage: (message: WorkerMessage) => void,
  ) {
    from.on('data', (chunk: Buffer) => this.take(chunk))
    from.on('end', () => this.close())
    for (const socket of [to, from]) socket.on('error', () => this.close())
    this.closed = new Promise((resolve) => {
      from.once('close', () => resolve())
    })
  }

  /** What came was not what a process says: the code has written to the channel. */
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

  private take(chunk: Buffer): void {
    this.parts.push(chunk)
    this.size += chunk.length
    while (this.size >= this.wanted && !this.from.destroyed) {
      const all = this.parts.length === 1 && this.parts[0] ? this.parts[0] : Buffer.concat(this.parts)
      const piece = all.subarray(0, this.wanted)
      this.parts = [all.subarray(this.wanted)]
      this.size -= this.wanted
      if (this.inBody) {
        this.inBody = false
        this.wanted = 4
        this.parse(piece)
      } else {
        this.inBody = true
        this.wanted = piece.readUInt32LE()
        if (this.wanted > maxMessage) this.giveUp()
      }
    }
  }

  private parse(body: Buffer): void {
    const begun = performance.now()
    try {
      this.onMessage(workerMessageSchema.parse(JSON.parse(body.toString('utf8'))))
    } catch (error) {
      // No message, or one that is nested too deeply to be dealt with.
      const isTheirs = error instanceof SyntaxError || error instanceof z.ZodError || error instanceof RangeError
      if (!isTheirs) throw error
      this.giveUp()
    }
    this.spend(begun)
  }

  private spend(begun: number): void {
    const now = performance.now()
    this.budgetMs = Math.min(readingBudgetMs, this.budgetMs + (now - this.budgetAt) * readingShare) - (now - begun)
    this.budgetAt = now
    if (this.budgetMs < 0) this.giveUp()
  }

  /** What follows cannot be trusted to begin where it should. */
  private giveUp(): void {
    this.disturbed = true
    this.close()
  }
}
