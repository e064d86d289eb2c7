/**
 * Responses of a target without extensions, converted to the shapes that pages show.
 * What such a target does not report (times, sizes, queue) stays unknown: null, zero bytes, never a guess of success.
 */
import { z } from 'zod'
import type { Execution } from './execution'
import {
  type CommandDetail,
  commandDetailSchema,
  commandSchema,
  type SessionDetail,
  sessionDetailSchema,
  sessionSchema,
  type Verdict,
} from './process'
import { type PtyDetail, ptyDetailSchema, ptySessionInfoSchema } from './pty'

type PlainCommand = z.infer<typeof commandSchema>
type PlainSession = z.infer<typeof sessionSchema>

/** State of a command of which only the exit code is known. Targets without an exit code still run it. */
export function plainExecution(exitCode: number | undefined): Execution {
  const ended = exitCode !== undefined
  return {
    state: !ended ? 'running' : exitCode === 0 ? 'succeeded' : 'failed',
    exitCode: exitCode ?? null,
    signal: null,
    reason: ended ? 'exited' : null,
    message: null,
    queuedAt: null,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    output: { bytes: 0, stdoutBytes: 0, stderrBytes: 0, droppedBytes: 0 },
    survivors: [],
    stdinOpen: !ended,
    waitingForInput: ended ? false : null,
    verified: null,
    unverifiedReason: null,
  }
}

/** State of what the console has just started on such a target, by the console's clock. */
export function startedExecution(): Execution {
  const now = new Date().toISOString()
  return { ...plainExecution(undefined), queuedAt: now, startedAt: now, stdinOpen: false, waitingForInput: false }
}

function widenCommand(plain: PlainCommand): CommandDetail {
  const { exitCode: _, ...state } = plainExecution(plain.exitCode)
  return { ...plain, ...state, mode: 'background' }
}

function widenSession(plain: PlainSession): SessionDetail {
  const commands = plain.commands.map(widenCommand)
  return {
    sessionId: plain.sessionId,
    state: commands.some((it) => it.state === 'running') ? 'running' : 'idle',
    createdAt: null,
    endedAt: null,
    exitCode: null,
    signal: null,
    message: null,
    cwd: null,
    commandCount: commands.length,
    queuedCount: 0,
    lastVerdict: lastVerdictOf(commands),
    system: plain.sessionId === 'entrypoint',
    verified: null,
    unverifiedReason: null,
    commands,
  }
}

/** The order of a plain list has no meaning, so the last result is known only if all results are the same. */
function lastVerdictOf(commands: readonly CommandDetail[]): Verdict | null {
  const ended = commands.filter(({ state }) => state !== 'running')
  const [first] = ended
  if (!first || ended.some(({ exitCode }) => exitCode !== first.exitCode)) return null
  const { state, exitCode = null, signal, reason } = first
  return { state, exitCode, signal, reason }
}

/** A session as either kind of target returns it. */
export const anySessionSchema = z.union([sessionDetailSchema, sessionSchema.transform(widenSession)])

/** A command as either kind of target returns it. */
export const anyCommandSchema = z.union([commandDetailSchema, commandSchema.transform(widenCommand)])

type PlainPty = z.infer<typeof ptySessionInfoSchema>

function widenPty(plain: PlainPty): PtyDetail {
  return {
    ...plain,
    pid: null,
    waitingForInput: null,
    startedAt: null,
    outputBytes: 0,
    clients: 0,
    viewers: 0,
    sizeOwner: null,
    recording: null,
    title: '',
    bells: 0,
    progress: null,
  }
}

/** A terminal as either kind of target returns it. */
export const anyPtySchema = z.union([ptyDetailSchema, ptySessionInfoSchema.transform(widenPty)])
