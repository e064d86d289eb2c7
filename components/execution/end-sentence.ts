import type { RunSummary } from '@/lib/process-api/extensions'

export type EndedExecution = Pick<RunSummary, 'state' | 'reason' | 'message' | 'timeoutSeconds' | 'signal'>

/**
 * One sentence on why a run or command ended, where the chip alone does not say it. The engine's own message wins; null
 * when there is nothing to add.
 */
export function endSentence(run: EndedExecution): string | null {
  if (run.message) return run.message
  switch (run.reason) {
    case 'timeout':
      return run.timeoutSeconds
        ? `Timed out after ${run.timeoutSeconds} s. All its processes were stopped; the output until then is kept.`
        : 'Timed out. All its processes were stopped.'
    case 'stopped':
      return run.signal === null ? 'Stopped on request.' : `Stopped on request · ${run.signal}`
    case 'sandbox-stopped':
      return 'The sandbox was stopped during the run.'
    case 'toolbox-lost':
      return 'The sandbox was interrupted during the run; the result is unknown. The output until then is kept.'
    case 'spawn-failed':
      return 'The program could not be started.'
    case 'memory':
      return 'Killed by the memory limit of the sandbox. Give the sandbox more memory, or make the program use less.'
    case 'not-recorded':
      return 'The output could not be recorded completely. Free disk space on the engine’s machine, then run it again.'
    case 'signalled':
      return run.signal === 'SIGKILL' ? 'Killed by SIGKILL.' : null
    case 'exited':
    case 'session-ended':
    case 'session-deleted':
    case null:
      return run.state === 'lost' ? 'The result is unknown.' : null
    default:
      return run.reason satisfies never
  }
}
