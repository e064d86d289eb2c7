/** The lines of an execution store's file. */
import { z } from 'zod'
import { endReason, executionState, outputSize } from '@/lib/process-api/execution'

const stored = {
  state: executionState,
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  reason: endReason.nullable(),
  message: z.string().nullable(),
  queuedAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  durationMs: z.number().nullable(),
  output: outputSize,
  /** When the journal's only piece came, where it has no index. */
  onlyPiece: z.object({ sinceStartUs: z.number(), wallMs: z.number() }).optional(),
}

/** An execution was made. */
export const newLine = z.object({
  op: z.literal('new'),
  id: z.string(),
  order: z.number(),
  ...stored,
  details: z.unknown(),
  /** What the owner wanted kept but not held in memory. */
  attachment: z.string().optional(),
  /** It is long and therefore in a file of its own. */
  isAttachmentApart: z.boolean().optional(),
})

/** It changed: these fields replace the earlier ones. */
export const stateLine = z.object({
  op: z.literal('state'),
  id: z.string(),
  ...stored,
  /** Where the owner's details change with the state. */
  details: z.unknown().optional(),
})

/** Enough of a line to know what it is about (`deleted` has no more); the rest is checked for the lines that count. */
export const anyLine = z.looseObject({ op: z.enum(['new', 'state', 'deleted']), id: z.string() })

export type NewLine = z.infer<typeof newLine>
export type StateLine = z.infer<typeof stateLine>
