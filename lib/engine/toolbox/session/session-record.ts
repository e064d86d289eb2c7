/** What is kept of a session and of its commands, and how both are told. */
import { z } from 'zod'
import type { CommandDetail, SessionDetail, SessionSummary, Verdict } from '@/lib/process-api/process'
import type { ExecutionRecord } from '../execution/record'

/** `session.json` in the session's folder. The folder has a name of its own: ids from outside never become paths. */
export const sessionFacts = z.object({
  format: z.literal(1),
  sessionId: z.string(),
  /** Position among the sessions of the sandbox. */
  order: z.number(),
  createdAt: z.string(),
  /** Absolute; where the shell started. */
  cwd: z.string(),
  endedAt: z.string().nullable(),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  message: z.string().nullable(),
  hasEnded: z.boolean(),
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
  now: Pick<SessionSummary, 'state' | 'commandCount' | 'queuedCount' | 'lastVerdict' | 'system'>,
): SessionSummary {
  const { sessionId, createdAt, endedAt, exitCode, signal, message, cwd } = facts
  return { sessionId, createdAt, endedAt, exitCode, signal, message, cwd, ...now }
}
