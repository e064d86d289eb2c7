/** How a command ended, from what the shell reported and what was done to it. */
import { constants } from 'node:os'
import type { SignalName } from '@/lib/process-api/extensions'
import type { ExecutionEnd } from '../../linux/execution-end'
import type { CommandOutcome } from './shell'

/** What a person did to a running command. */
export interface Intervention {
  stopped: boolean
  /** The last signal that was sent. */
  signalled: SignalName | null
}

export function endOfCommand(outcome: CommandOutcome, { stopped, signalled }: Intervention): ExecutionEnd {
  if (outcome.type === 'shell-ended') {
    const { exit, message } = outcome.end
    return { ...exit, reason: stopped ? 'stopped' : exit.reason, message }
  }
  const exitCode = outcome.status
  const signal = signalOf(exitCode)
  if (stopped) return { exitCode, signal, reason: 'stopped' }
  // A program may give such a code itself: only a signal that was sent from here is one for certain.
  if (signalled !== null && signal === signalled) return { exitCode, signal, reason: 'signalled' }
  return { exitCode, signal: null, reason: 'exited' }
}

/** The signal that a shell's status stands for. */
function signalOf(status: number): string | null {
  return Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0] ?? null
}
