import type { RunSummary } from '@/lib/process-api/extensions'

/**
 * Why a run ended the way it did, in a sentence, where the chip alone does not say it. The engine's own message comes
 * first; null where there is nothing to add.
 */
export function endSentence(
  run: Pick<RunSummary, 'state' | 'reason' | 'message' | 'timeoutSeconds' | 'signal'>,
): string | null {
  if (run.message) return run.message
  switch (run.reason) {
    case 'timeout':
      return run.timeoutSeconds
        ? `It ran longer than its limit of ${run.timeoutSeconds} s and was ended with all its processes. What it printed until then is kept.`
        : 'It ran longer than its limit and was ended with all its processes.'
    case 'stopped':
      return 'It was stopped by a person.'
    case 'sandbox-stopped':
      return 'The sandbox was stopped while it ran.'
    case 'toolbox-lost':
      return 'The engine inside the sandbox went away while it ran, so nobody knows how it ended. What it printed until then is kept.'
    case 'spawn-failed':
      return 'It could not be started.'
    case 'memory':
      return 'It was ended by the memory limit of the sandbox: give the sandbox more memory, or let the program use less.'
    case 'not-recorded':
      return 'Not all of it could be recorded: make room on the disk of the engine, and run it again.'
    case 'signalled':
      return run.signal === 'SIGKILL'
        ? 'It was killed with SIGKILL, which is also what happens when memory runs out.'
        : null
    case 'exited':
    case 'session-ended':
    case 'session-deleted':
    case null:
      return run.state === 'lost' ? 'Nobody knows how it ended.' : null
    default:
      return run.reason satisfies never
  }
}
