/** One run of code in a context: its record and journal, what else it produced, and how it is told to clients. */
import { z } from 'zod'
import { hasEnded } from '@/lib/process-api/execution'
import {
  type InterpreterRun,
  type InterpreterRunDetail,
  type RunItem,
  stateAfterRunSchema,
} from '@/lib/process-api/interpreter'
import { envsSchema } from '@/lib/process-api/process'
import type { ExecutionEnd } from '../../linux/execution-end'
import { readAttachment } from '../execution/read-attachment'
import type { ExecutionRecord } from '../execution/record'
import type { RunItems } from './run-items'

export const defaultContextId = 'default'
/** Ids of contexts are made by the toolbox, all but this one. */
export const contextIdsSchema = z.union([z.uuid(), z.literal(defaultContextId)])

/** What is kept of a run in memory, so nothing long. `generation` is 0 until it starts. */
export const contextRunDetailsSchema = z.object({
  contextId: contextIdsSchema,
  generation: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  title: z.string().max(1000),
  rich: z.boolean(),
  timeoutSeconds: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  stateAfter: stateAfterRunSchema.nullable(),
})
export type ContextRunDetails = z.infer<typeof contextRunDetailsSchema>

/** What a run was asked to do: in memory until it starts, then only on disk. */
export const contextRunRequestSchema = z.object({ code: z.string(), envs: envsSchema })
export type ContextRunRequest = z.infer<typeof contextRunRequestSchema>

/** Why the socket that asked for the run is closed; each has its own close code. */
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
  /** Bytes of its output when it ended. */
  endSize = 0
  /** Runs before it in its context's queue. */
  position = 0
  private announceOver: () => void = () => {}
  /** Resolves when all output and items until the end are there; the record ends right after. */
  readonly over: Promise<void>

  /** @param attached reads the request's JSON back from disk */
  constructor(
    readonly record: ContextRunRecord,
    readonly items: RunItems,
    private readonly attached: () => string | null,
    private request: ContextRunRequest | null = null,
  ) {
    this.over = new Promise((resolve) => {
      this.announceOver = resolve
    })
    if (record.hasEnded) this.announceOver()
  }

  get id(): string {
    return this.record.id
  }

  get details(): ContextRunDetails {
    return this.record.details
  }

  /** What to do, once: the caller starts the run. */
  takeRequest(): ContextRunRequest {
    const request = this.request ?? this.readRequest()
    this.request = null
    return request
  }

  /** Add an item after what was printed until now. */
  add(item: WithoutOffset<RunItem>): void {
    this.items.append({ ...item, at: this.record.journal.size } as RunItem)
  }

  /**
   * Say how it ended. Its followers are told before the record is written, which may take milliseconds on a busy disk;
   * nobody can ask for the record in between, because requests are answered in later turns of the event loop.
   */
  finish(ending: RunEnding, end: ExecutionEnd): Promise<void> {
    if (this.items.failure) this.record.recordMissing('Its results', this.items.failure)
    const isWhole = this.record.journal.failure === null && this.items.failure === null
    this.ending = ending === 'completed' && !isWhole ? 'not-recorded' : ending
    this.announceOver()
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

  toDetail(): InterpreterRunDetail {
    return { ...this.toWire(), ...(this.request ?? this.readRequest()) }
  }

  private readRequest(): ContextRunRequest {
    const text = this.attached()
    return (text === null ? null : readAttachment(text, contextRunRequestSchema)) ?? { code: '', envs: {} }
  }
}

type WithoutOffset<Item> = Item extends RunItem ? Omit<Item, 'at'> : never
