/** Hides transitional states from listeners that cannot handle them. */
import type { SandboxState } from '@/lib/process-api/sandbox'
import type { Sandbox } from '../sandbox/sandbox'

const settled: ReadonlySet<SandboxState> = new Set(['started', 'stopped', 'error', 'archived', 'paused', 'destroyed'])

export interface SettledListener {
  /** The first settled state of a new sandbox. */
  created(sandbox: Sandbox): unknown
  changed(sandbox: Sandbox, oldState: SandboxState): unknown
}

/**
 * Wraps a listener so that it only sees settled states. An SDK receives the response to its create or stop on one connection
 * and events on another; a late `starting` event would set its sandbox from `started` back to `starting`.
 */
export function settledStates(listener: SettledListener): (sandbox: Sandbox, oldState: SandboxState | null) => void {
  /** Sandboxes in transition, with the settled state before; null for new ones. */
  const inTransition = new Map<string, SandboxState | null>()
  return (sandbox, oldState) => {
    const { id } = sandbox.record
    if (oldState === sandbox.state) return
    const from = inTransition.has(id) ? (inTransition.get(id) ?? null) : oldState
    if (!settled.has(sandbox.state)) {
      inTransition.set(id, from)
      return
    }
    inTransition.delete(id)
    if (from === null) listener.created(sandbox)
    const before = from ?? oldState
    if (before !== null && before !== sandbox.state) listener.changed(sandbox, before)
  }
}
