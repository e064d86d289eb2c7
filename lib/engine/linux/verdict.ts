/** From how a process ended to the state that a person sees. There is no default verdict. */
import { constants } from 'node:os'
import type { EndReason, ExecutionState } from '@/lib/process-api/execution'

export interface ExecutionEnd {
  /** 128 + n after a signal; null where nobody knows. */
  exitCode: number | null
  signal: string | null
  reason: EndReason
  /** One plain sentence where the state alone does not say enough. */
  message?: string | null
}

/** The state that an end leads to. */
export function stateAfter(end: ExecutionEnd): ExecutionState {
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
 * The end of an execution of which something is missing from the record: never a success. An exit code 0 is told in words
 * alone, so that nobody takes it for one; every other end keeps its reason or its code.
 * @param failure what kept it from being recorded: `the disk is full`
 */
export function notRecorded(end: ExecutionEnd, what: string, failure: string): ExecutionEnd {
  const sentence = `${what} could not all be recorded: ${failure}.`
  const message = [end.message, sentence].filter(Boolean).join(' ')
  if (end.reason !== 'exited' || end.signal !== null || end.exitCode === null) return { ...end, message }
  if (end.exitCode !== 0) return { ...end, reason: 'not-recorded', message }
  return { ...end, exitCode: null, reason: 'not-recorded', message: `${message} It ended with exit code 0.` }
}

/** How a child ended, as Node's `exit` event tells it, in the API's terms. */
export function exitOf(code: number | null, signal: NodeJS.Signals | null): ExecutionEnd {
  if (signal !== null) return { exitCode: 128 + constants.signals[signal], signal, reason: 'signalled' }
  return { exitCode: code, signal: null, reason: 'exited' }
}
