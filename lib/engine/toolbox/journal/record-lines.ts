/**
 * The lines of an execution store's file. They are read as data of an enemy: every field has bounds, so that nothing
 * that is not possible is ever told to a client.
 */
import { z } from 'zod'
import { endReason, executionState, unverifiedReason } from '@/lib/process-api/execution'
import { outputCodes } from '../../state/output-codes'

const size = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const time = z.iso.datetime()
const micros = z.number().min(0).max(Number.MAX_SAFE_INTEGER)

const stored = {
  state: executionState,
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
  reason: endReason.nullable(),
  message: z
    .string()
    .max(64 * 1024)
    .nullable(),
  queuedAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  durationMs: micros.nullable(),
  output: z.object({ bytes: size, stdoutBytes: size, stderrBytes: size, droppedBytes: size }),
  /** When the journal's only piece came, where it has no index. */
  onlyPiece: z.object({ sinceStartUs: micros, wallMs: micros }).optional(),
  /** Codes of the journal as far as it was written then; left out where another toolbox wrote it and did not finish. */
  journal: z
    .object({
      data: outputCodes,
      /** SHA-256 of so many records of the index. */
      index: z.string().max(64).nullable(),
      records: size,
    })
    .optional(),
  /** Why it could not be verified when it was read last: that does not go away when it is written anew. */
  unverified: unverifiedReason.optional(),
}
export type JournalCodes = NonNullable<z.infer<typeof stateLine>['journal']>

/** An execution was made. */
export const newLine = z.object({
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
export const stateLine = z.object({
  op: z.literal('state'),
  id: z.string(),
  ...stored,
  /** Where the owner's details change with the state. */
  details: z.unknown().optional(),
})

/** Enough of a line to know what it is about (`deleted` has no more); the rest is checked for the lines that count. */
export const anyLine = z.looseObject({ op: z.enum(['new', 'state', 'deleted']), id: z.string().max(128) })

export type NewLine = z.infer<typeof newLine>
export type StateLine = z.infer<typeof stateLine>
