import type { ExecutionState } from './execution'

/** True once the execution can change no more. */
export function hasEnded(state: ExecutionState): boolean {
  return state !== 'queued' && state !== 'running'
}
