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
      return 'failed'
    case 'exited':
      if (end.signal !== null) return 'killed'
      if (end.exitCode === null) return 'lost'
      return end.exitCode === 0 ? 'succeeded' : 'failed'
  }
}

/** How a child ended, as Node's `exit` event tells it, in the API's terms. */
export function exitOf(code: number | null, signal: NodeJS.Signals | null): ExecutionEnd {
  if (signal !== null) return { exitCode: 128 + constants.signals[signal], signal, reason: 'signalled' }
  return { exitCode: code, signal: null, reason: 'exited' }
}
