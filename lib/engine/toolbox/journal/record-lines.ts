/**
 * The lines of an execution store's file. They are untrusted input: every field has bounds, so that clients never see
 * impossible values.
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
  /** When the journal's only chunk arrived, if the journal has no index. */
  onlyPiece: z.object({ sinceStartUs: microsSchema, wallMs: microsSchema }).optional(),
  /** Codes of the journal as written so far; missing if another toolbox wrote it and did not finish. */
  journal: z
    .object({
      data: outputCodesSchema,
      /** SHA-256 of the first `records` records of the index. */
      index: z.string().max(64).nullable(),
      records: sizeSchema,
    })
    .optional(),
  /** Why the last read could not verify the execution. Rewriting the line keeps the reason. */
  unverified: unverifiedReasonSchema.optional(),
}
export type JournalCodes = NonNullable<z.infer<typeof stateLineSchema>['journal']>

/** An execution was created. */
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
  /** Text that the owner stores but does not hold in memory. */
  attachment: z.string().optional(),
  /** The attachment is long and therefore in its own file. */
  isAttachmentApart: z.boolean().optional(),
  /** SHA-256 of an attachment in its own file. */
  attachmentDigest: z.string().optional(),
})

/** An execution changed: these fields replace the earlier ones. */
export const stateLineSchema = z.object({
  op: z.literal('state'),
  id: z.string(),
  ...stored,
  /** Only if the owner's details change with the state. */
  details: z.unknown().optional(),
})

/** The fields that every line has. `deleted` lines have no others; of the rest, only current lines are fully parsed. */
export const anyLineSchema = z.looseObject({ op: z.enum(['new', 'state', 'deleted']), id: z.string().max(128) })

export type NewLine = z.infer<typeof newLineSchema>
export type StateLine = z.infer<typeof stateLineSchema>
