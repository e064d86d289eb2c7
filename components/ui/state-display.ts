/** Glyph, word and tone of each state. Colour is never the only signal, and an unknown state is never green. */
import type { Execution } from '@/lib/process-api/execution'
import type { SessionSummary } from '@/lib/process-api/process'
import type { SandboxState } from '@/lib/process-api/sandbox'

export type Tone = 'run' | 'ok' | 'fail' | 'kill' | 'time' | 'off' | 'peer'
export type Glyph =
  | 'idle'
  | 'starting'
  | 'running'
  | 'waiting'
  | 'succeeded'
  | 'failed'
  | 'killed'
  | 'timeout'
  | 'interrupted'
  | 'disconnected'
  | 'unknown'
  | 'read-only'

export interface StateDisplay {
  glyph: Glyph
  tone: Tone
  /** The short word of the chip. */
  word: string
  /** Start of the ticking age: an ISO time while it runs, else absent. */
  since?: string
}

/** Class names by tone, written out so that Tailwind finds them. */
export const toneClass: Record<Tone, string> = {
  run: 'tone-run',
  ok: 'tone-ok',
  fail: 'tone-fail',
  kill: 'tone-kill',
  time: 'tone-time',
  off: 'tone-off',
  peer: 'tone-peer',
}

/**
 * Display of a command or run.
 * @param timeoutSeconds the timeout that it was started with, shown when it was reached
 */
export function executionDisplay(
  execution: Pick<Execution, 'state' | 'exitCode' | 'signal' | 'reason' | 'startedAt'> &
    Partial<Pick<Execution, 'waitingForInput'>>,
  timeoutSeconds?: number | null,
): StateDisplay {
  const { state, exitCode } = execution
  switch (state) {
    case 'queued':
      return { glyph: 'starting', tone: 'run', word: 'queued' }
    case 'running':
      // An age here would read as the time spent waiting.
      if (execution.waitingForInput) return { glyph: 'waiting', tone: 'time', word: 'waiting for input' }
      return { glyph: 'running', tone: 'run', word: 'running', since: execution.startedAt ?? undefined }
    case 'succeeded':
      return { glyph: 'succeeded', tone: 'ok', word: 'exit 0' }
    case 'failed':
      if (execution.reason === 'spawn-failed') return { glyph: 'failed', tone: 'fail', word: 'could not start' }
      if (execution.reason === 'not-recorded') return { glyph: 'failed', tone: 'fail', word: 'not recorded' }
      return exitCode === null
        ? { glyph: 'failed', tone: 'fail', word: 'failed' }
        : { glyph: 'failed', tone: 'fail', word: `exit ${exitCode}` }
    case 'killed':
      return { glyph: 'killed', tone: 'kill', word: killedWord(execution) }
    case 'timed-out':
      return { glyph: 'timeout', tone: 'time', word: timeoutSeconds ? `timeout ${timeoutSeconds} s` : 'timeout' }
    case 'lost':
      return { glyph: 'unknown', tone: 'off', word: 'unknown' }
    default:
      return state satisfies never
  }
}

type KilledExecution = Pick<Execution, 'reason' | 'signal' | 'exitCode' | 'startedAt'>

/** `cancelled` never started, `stopped` was stopped on request; `killed` is for signals that were not requested. */
function killedWord({ reason, signal, exitCode, startedAt }: KilledExecution): string {
  if (startedAt === null && signal === null && exitCode === null) return 'cancelled'
  if (isRequestedEnd(reason)) return 'stopped'
  return ['killed', signal, exitCode === null ? null : `(${exitCode})`].filter(Boolean).join(' ')
}

/** Whether an execution ended on request: it, its session or its sandbox was stopped. */
export function isRequestedEnd(reason: Execution['reason']): boolean {
  return reason === 'stopped' || reason === 'sandbox-stopped' || reason === 'session-deleted'
}

/** Display of a session: its running command, else how its last command ended, else how its shell ended. */
export function sessionDisplay(
  session: Pick<SessionSummary, 'state' | 'exitCode' | 'signal' | 'lastVerdict'>,
): StateDisplay {
  switch (session.state) {
    case 'idle':
      return session.lastVerdict
        ? executionDisplay({ ...session.lastVerdict, startedAt: null })
        : { glyph: 'idle', tone: 'off', word: 'idle' }
    case 'running':
      return { glyph: 'running', tone: 'run', word: 'running' }
    case 'ended':
      if (session.signal) return { glyph: 'killed', tone: 'kill', word: `ended ${session.signal}` }
      if (session.exitCode === null) return { glyph: 'unknown', tone: 'off', word: 'ended' }
      return session.exitCode === 0
        ? { glyph: 'idle', tone: 'off', word: 'ended, exit 0' }
        : { glyph: 'failed', tone: 'fail', word: `ended, exit ${session.exitCode}` }
    default:
      return session.state satisfies never
  }
}

const transitionalStates: SandboxState[] = [
  'creating',
  'restoring',
  'starting',
  'stopping',
  'destroying',
  'pending_build',
  'building_snapshot',
  'pulling_snapshot',
  'archiving',
  'resizing',
  'snapshotting',
  'forking',
  'pausing',
  'resuming',
]

const sandboxWords: Partial<Record<SandboxState, string>> = { destroying: 'deleting', destroyed: 'deleted' }

function sandboxWord(state: SandboxState): string {
  return sandboxWords[state] ?? state.replaceAll('_', ' ')
}

/** Display of a sandbox. A state that this console does not know keeps its own name. */
export function sandboxDisplay(state: SandboxState | undefined): StateDisplay {
  if (state === undefined || state === 'unknown') return { glyph: 'unknown', tone: 'off', word: 'unknown' }
  if (state === 'started') return { glyph: 'running', tone: 'run', word: 'running' }
  if (state === 'error' || state === 'build_failed') {
    return { glyph: 'failed', tone: 'fail', word: state === 'error' ? 'error' : 'build failed' }
  }
  if (transitionalStates.includes(state)) return { glyph: 'starting', tone: 'run', word: sandboxWord(state) }
  return { glyph: 'idle', tone: 'off', word: sandboxWord(state) }
}
