/** What is kept of a session and of its commands, and how both are told. */
import { z } from 'zod'
import { unverifiedReason } from '@/lib/process-api/execution'
import { sessionId } from '@/lib/process-api/ids'
import type { CommandDetail, SessionDetail, SessionSummary, Verdict } from '@/lib/process-api/process'
import type { ExecutionRecord } from '../execution/record'

export const factsName = 'session.json'
/** Longest file of them in bytes: a working directory may have any length that the kernel takes. */
export const longestFacts = 256 * 1024

/** `session.json` in the session's folder. The folder has a name of its own: ids from outside never become paths. */
export const sessionFacts = z.object({
  format: z.literal(1),
  sessionId,
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
  unverified: unverifiedReason.optional(),
})
export type SessionFacts = z.infer<typeof sessionFacts>

export const commandDetails = z.object({
  command: z.string(),
  mode: z.enum(['wait', 'background']),
  stdin: z.enum(['open', 'closed']),
  suppressInputEcho: z.boolean(),
})
export type CommandDetails = z.infer<typeof commandDetails>

export type CommandRecord = ExecutionRecord<CommandDetails>

/** The protocol's `Command` and our fields. */
export function commandDetailOf(record: CommandRecord): CommandDetail {
  const { exitCode, ...execution } = record.snapshot()
  return {
    id: record.id,
    command: record.details.command,
    ...(exitCode === null ? {} : { exitCode }),
    ...execution,
    mode: record.details.mode,
  }
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

export function plainSession({ sessionId, commands }: SessionDetail) {
  return { sessionId, commands: commands.map(plainCommand) }
}

export function sessionSummaryOf(
  facts: SessionFacts,
  now: Omit<SessionSummary, 'sessionId' | 'createdAt' | 'endedAt' | 'exitCode' | 'signal' | 'message' | 'cwd'>,
): SessionSummary {
  const { sessionId, createdAt, endedAt, exitCode, signal, message, cwd } = facts
  return { sessionId, createdAt, endedAt, exitCode, signal, message, cwd, ...now }
}
