/** What is stored of a session and of its commands, and how clients see both. */
import { z } from 'zod'
import { unverifiedReasonSchema } from '@/lib/process-api/execution'
import { sessionIdSchema } from '@/lib/process-api/ids'
import type { CommandDetail, SessionSummary, Verdict } from '@/lib/process-api/process'
import type { ExecutionRecord } from '../execution/record'
import { listedCommand } from './command-text'

export const factsName = 'session.json'
/** Longest file of them in bytes: a working directory may have any length that the kernel takes. */
export const longestFacts = 256 * 1024

/** `session.json` in the session's folder. The folder has a name of its own: ids from outside never become paths. */
export const sessionFactsSchema = z.object({
  format: z.literal(1),
  sessionId: sessionIdSchema,
  /** Position among the sessions of the sandbox. */
  order: z
    .number()
    .int()
    .min(0)
    .max(2 ** 48),
  createdAt: z.iso.datetime(),
  /** Absolute; where the shell started. */
  cwd: z.string(),
  endedAt: z.iso.datetime().nullable(),
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
  message: z
    .string()
    .max(64 * 1024)
    .nullable(),
  hasEnded: z.boolean(),
  /** Why they could not be verified when they were read last. */
  unverified: unverifiedReasonSchema.optional(),
})
export type SessionFacts = z.infer<typeof sessionFactsSchema>

/** Kept in memory for every command, so of its text it holds what lists show. */
export const commandDetailsSchema = z
  .object({
    command: z.string(),
    /** The text is longer; all of it is the attachment of the record. */
    commandTruncated: z.literal(true).optional(),
    mode: z.enum(['wait', 'background']),
    stdin: z.enum(['open', 'closed']),
    suppressInputEcho: z.boolean(),
  })
  .transform(withListedCommand)
export type CommandDetails = z.infer<typeof commandDetailsSchema>

/** A command as it is asked for, with all of its text. */
export type NewCommand = Omit<CommandDetails, 'commandTruncated'>

export type CommandRecord = ExecutionRecord<CommandDetails>

/** Details with the beginning of a long command, which says that it is no more than that. */
export function withListedCommand<Details extends { command: string; commandTruncated?: true | undefined }>(
  details: Details,
): Details {
  const command = listedCommand(details.command)
  return command === details.command ? details : { ...details, command, commandTruncated: true }
}

/** The protocol's `Command` and our fields, with the beginning of a long command. */
export function commandDetailOf(record: CommandRecord): CommandDetail {
  const { exitCode, ...execution } = record.snapshot()
  return {
    id: record.id,
    command: record.details.command,
    ...(exitCode === null ? {} : { exitCode }),
    ...execution,
    mode: record.details.mode,
    ...(record.details.commandTruncated ? { commandTruncated: true } : {}),
  }
}

/** As `commandDetailOf`, with the whole text where that can be read. */
export function wholeCommandDetailOf(record: CommandRecord, text: string | null): CommandDetail {
  const { commandTruncated, ...detail } = commandDetailOf(record)
  if (text === null) return { ...detail, ...(commandTruncated ? { commandTruncated } : {}) }
  return { ...detail, command: text }
}

/** How a command ended, for the list of sessions. */
export function verdictOf(record: CommandRecord): Verdict {
  const { state, exitCode, signal, reason } = record.snapshot()
  return { state, exitCode, signal, reason }
}

/** The protocol's fields alone, for clients that fail on others. */
export function plainCommand({ id, command, exitCode }: CommandDetail) {
  return { id, command, ...(exitCode === undefined ? {} : { exitCode }) }
}

export function sessionSummaryOf(
  facts: SessionFacts,
  now: Omit<SessionSummary, 'sessionId' | 'createdAt' | 'endedAt' | 'exitCode' | 'signal' | 'message' | 'cwd'>,
): SessionSummary {
  const { sessionId, createdAt, endedAt, exitCode, signal, message, cwd } = facts
  return { sessionId, createdAt, endedAt, exitCode, signal, message, cwd, ...now }
}
