/** Messages of the live socket about the runs of interpreter contexts (cells of a notebook). Part of `protocol.ts`. */
import { z } from 'zod'
import { interpreterRunSchema, runItemSchema } from '@/lib/process-api/interpreter'

/** A run of a context. */
export const cellRefSchema = z.object({ sandboxId: z.string(), contextId: z.string(), runId: z.string() })
export type CellRef = z.infer<typeof cellRefSchema>

/** What a cell has produced, in order. */
export const cellPartSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('output'), stream: z.enum(['stdout', 'stderr']), text: z.string() }),
  /** Output that was not sent because there was too much of it, in characters. */
  z.object({ kind: z.literal('omitted'), chars: z.number() }),
  z.object({ kind: z.literal('item'), item: runItemSchema }),
  /** The state of the run, whenever it changes. */
  z.object({ kind: z.literal('run'), run: interpreterRunSchema }),
])
export type CellPart = z.infer<typeof cellPartSchema>
