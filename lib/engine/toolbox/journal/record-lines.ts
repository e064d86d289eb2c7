/**
 * The lines of an execution store's file. They are read as data of an enemy: every field has bounds, so that nothing
 * that is not possible is ever told to a client.
 */
import { z } from 'zod'
import { endReasonSchema, executionStateSchema, unverifiedReasonSchema } from '@/lib/process-api/execution'
import { outputCodesSchema } from '../../state/output-codes'

const sizeSchema = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const timeSchema = z.iso.datetime()
const microsSchema = z.number().min(0).max(Number.MAX_SAFE_INTEGER)

const stored = {
  state: executionStateSchema,
  exitCode: z
    .number()
    .int()
    .min(-(2 ** 31))
    .max(2 ** 32)
    .nullable(),
  signal: z
    .string()
    .regex(/^[A-Z0-9+]{1,32}$/)
    .nullable(),
  reason: endReasonSchema.nullable(),
  message: z
    .string()
    .max(64 * 1024)
    .nullable(),
  queuedAt: timeSchema,
  startedAt: timeSchema.nullable(),
  endedAt: timeSchema.nullable(),
  durationMs: microsSchema.nullable(),
  output: z.object({ bytes: sizeSchema, stdoutBytes: sizeSchema, stderrBytes: sizeSchema, droppedBytes: sizeSchema }),
  /** When the journal's only piece came, where it has no index. */
  onlyPiece: z.object({ sinceStartUs: microsSchema, wallMs: microsSchema }).optional(),
  /** Codes of the journal as far as it was written then; left out where another toolbox wrote it and did not finish. */
  journal: z
    .object({
      data: outputCodesSchema,
      /** SHA-256 of so many records of the index. */
      index: z.string().max(64).nullable(),
      records: sizeSchema,
    })
    .optional(),
  /** Why it could not be verified when it was read last: that does not go away when it is written anew. */
  unverified: unverifiedReasonSchema.optional(),
}
export type JournalCodes = NonNullable<z.infer<typeof stateLineSchema>['journal']>

/** An execution was made. */
export const newLineSchema = z.object({
  op: z.literal('new'),
  id: z.string(),
  order: z
    .number()
    .int()
    .min(0)
    .max(2 ** 48),
  ...stored,
  details: z.unknown(),
  /** What the owner wanted kept but not held in memory. */
  attachment: z.string().optional(),
  /** It is long and therefore in a file of its own. */
  isAttachmentApart: z.boolean().optional(),
  /** SHA-256 of an attachment that is in a file of its own. */
  attachmentDigest: z.string().optional(),
})

/** It changed: these fields replace the earlier ones. */
export const stateLineSchema = z.object({
  op: z.literal('state'),
  id: z.string(),
  ...stored,
  /** Where the owner's details change with the state. */
  details: z.unknown().optional(),
})

/** Enough of a line to know what it is about (`deleted` has no more); the rest is checked for the lines that count. */
export const anyLineSchema = z.looseObject({ op: z.enum(['new', 'state', 'deleted']), id: z.string().max(128) })

export type NewLine = z.infer<typeof newLineSchema>
export type StateLine = z.infer<typeof stateLineSchema>
