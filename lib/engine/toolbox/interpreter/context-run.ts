/** One run of code in a context: its record, its journal, its items, and its form on the wire. */
import { z } from 'zod'
import { hasEnded } from '@/lib/process-api/has-ended'
import {
  type InterpreterRun,
  type InterpreterRunDetail,
  type RunItem,
  stateAfterRunSchema,
} from '@/lib/process-api/interpreter'
import { envsSchema } from '@/lib/process-api/process'
import { headOf } from '@/lib/process-api/text-head'
import type { ExecutionEnd } from '../../linux/execution-end'
import { readAttachment } from '../execution/read-attachment'
import type { ExecutionRecord } from '../execution/record'
import type { RunItems } from './run-items'

export const defaultContextId = 'default'
/** The toolbox generates the ids of all contexts but the default one. */
export const contextIdsSchema = z.union([z.uuid(), z.literal(defaultContextId)])

/** Details that stay in memory, so nothing long. `generation` is 0 until the run starts. */
export const contextRunDetailsSchema = z.object({
  contextId: contextIdsSchema,
  generation: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  title: z.string().max(1000),
  rich: z.boolean(),
  timeoutSeconds: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  stateAfter: stateAfterRunSchema.nullable(),
})
export type ContextRunDetails = z.infer<typeof contextRunDetailsSchema>

/** The request of a run: in memory until the run starts, then only on disk. */
export const contextRunRequestSchema = z.object({ code: z.string(), envs: envsSchema })
export type ContextRunRequest = z.infer<typeof contextRunRequestSchema>

/** How a run ended. Each ending has its own close code on the run's socket. */
export type RunEnding =
  | 'completed'
  | 'not-recorded'
  | 'interrupted'
  | 'timed-out'
  | 'process-ended'
  | 'context-deleted'
  | 'context-restarted'

export type ContextRunRecord = ExecutionRecord<ContextRunDetails>

export class ContextRun {
  /** Null for a run that an earlier toolbox recorded. */
  ending: RunEnding | null = null
  /** Bytes of output at the end of the run. */
  endSize = 0
  /** Number of runs before this one in the queue of the context. */
  position = 0
  private resolveOver: () => void = () => {}
  /** Resolves when all output and items were added; the record ends right after. */
  readonly over: Promise<void>

  /** @param readStoredRequest reads the request's JSON back from disk */
  constructor(
    readonly record: ContextRunRecord,
    readonly items: RunItems,
    private readonly readStoredRequest: () => string | null,
    private request: ContextRunRequest | null = null,
  ) {
    this.over = new Promise((resolve) => {
      this.resolveOver = resolve
    })
    if (record.hasEnded) this.resolveOver()
  }

  get id(): string {
    return this.record.id
  }

  get details(): ContextRunDetails {
    return this.record.details
  }

  /** The request, released from memory: the caller starts the run. */
  takeRequest(): ContextRunRequest {
    const request = this.request ?? this.readRequest()
    this.request = null
    return request
  }

  /** Add an item after the output so far. */
  add(item: WithoutOffset<RunItem>): void {
    this.items.append({ ...item, at: this.record.journal.size } as RunItem)
  }

  /**
   * End the run. Followers are notified before the record is written, which may take milliseconds on a busy disk. No
   * request can read the record in between, since requests are handled in later turns of the event loop.
   */
  finish(ending: RunEnding, end: ExecutionEnd): Promise<void> {
    if (this.items.failure) this.record.recordMissing('Its results', this.items.failure)
    const isWhole = this.record.journal.failure === null && this.items.failure === null
    this.ending = ending === 'completed' && !isWhole ? 'not-recorded' : ending
    this.resolveOver()
    setImmediate(() => this.record.end(end))
    return this.record.ended
  }

  toWire(): InterpreterRun {
    const { contextId, generation, title, rich, timeoutSeconds, stateAfter } = this.details
    const snapshot = this.record.snapshot()
    return {
      id: this.id,
      contextId,
      generation,
      title,
      rich,
      timeoutSeconds,
      position: snapshot.state === 'queued' ? this.position : 0,
      itemCount: this.items.count,
      stateAfter: hasEnded(snapshot.state) ? stateAfter : null,
      ...snapshot,
    }
  }

  /** @param textLimit of the code; all of it when left out */
  toDetail(textLimit?: number): InterpreterRunDetail {
    const { code, envs } = this.request ?? this.readRequest()
    return { ...this.toWire(), code: headOf(code, textLimit), envs, textLength: code.length }
  }

  private readRequest(): ContextRunRequest {
    const text = this.readStoredRequest()
    return (text === null ? null : readAttachment(text, contextRunRequestSchema)) ?? { code: '', envs: {} }
  }
}

type WithoutOffset<Item> = Item extends RunItem ? Omit<Item, 'at'> : never
