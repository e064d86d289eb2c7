/** Maps how a process ended to the state that users see. There is no default state. */
import { constants } from 'node:os'
import type { EndReason, ExecutionState } from '@/lib/process-api/execution'

export interface ExecutionEnd {
  /** 128 + n after signal n; null if unknown. */
  exitCode: number | null
  signal: string | null
  reason: EndReason
  /** One plain sentence if the state alone does not say enough. */
  message?: string | null
}

/** The state of an execution that ended this way. */
export function stateAfterEnd(end: ExecutionEnd): ExecutionState {
  switch (end.reason) {
    case 'timeout':
      return 'timed-out'
    case 'stopped':
    case 'session-ended':
    case 'session-deleted':
    case 'sandbox-stopped':
    case 'signalled':
    case 'memory':
      return 'killed'
    case 'toolbox-lost':
      return 'lost'
    case 'spawn-failed':
    case 'not-recorded':
      return 'failed'
    case 'exited':
      if (end.signal !== null) return 'killed'
      if (end.exitCode === null) return 'lost'
      return end.exitCode === 0 ? 'succeeded' : 'failed'
  }
}

/**
 * The end of an execution whose record is incomplete. It is never a success: an exit code of 0 is mentioned only in the
 * message. Every other end keeps its reason or its exit code.
 * @param what the missing part: `Its output`
 * @param failure why it could not be recorded: `the disk is full`
 */
export function notRecorded(end: ExecutionEnd, what: string, failure: string): ExecutionEnd {
  const sentence = `${what} could not be recorded completely: ${failure}.`
  const message = [end.message, sentence].filter(Boolean).join(' ')
  if (end.reason !== 'exited' || end.signal !== null || end.exitCode === null) return { ...end, message }
  if (end.exitCode !== 0) return { ...end, reason: 'not-recorded', message }
  return { ...end, exitCode: null, reason: 'not-recorded', message: `${message} The exit code was 0.` }
}

/** Convert the arguments of Node's `exit` event to the API's terms. */
export function endFromExit(code: number | null, signal: NodeJS.Signals | null): ExecutionEnd {
  if (signal !== null) return { exitCode: 128 + constants.signals[signal], signal, reason: 'signalled' }
  return { exitCode: code, signal: null, reason: 'exited' }
}
