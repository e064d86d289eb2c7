/** The states in which sandboxes stay, for listeners who take every state that they hear of for the present one. */
import type { SandboxState } from '@/lib/process-api/sandbox'
import type { Sandbox } from '../sandbox/sandbox'

const settled: ReadonlySet<SandboxState> = new Set(['started', 'stopped', 'error', 'archived', 'paused', 'destroyed'])

export interface SettledListener {
  /** A sandbox is there for the first time. */
  created(sandbox: Sandbox): unknown
  changed(sandbox: Sandbox, oldState: SandboxState): unknown
}

/**
 * A listener to changes that leaves out the states in between. An SDK has the answer to its create or stop on one
 * connection and the events on another: it would go from `started` back to `starting` when it reads the answer first.
 */
export function settledStates(listener: SettledListener): (sandbox: Sandbox, oldState: SandboxState | null) => void {
  /** Sandboxes in between, with the state from which they went; null before their first. */
  const leaving = new Map<string, SandboxState | null>()
  return (sandbox, oldState) => {
    const { id } = sandbox.record
    if (oldState === sandbox.state) return
    const from = leaving.has(id) ? (leaving.get(id) ?? null) : oldState
    if (!settled.has(sandbox.state)) {
      leaving.set(id, from)
      return
    }
    leaving.delete(id)
    if (from === null) listener.created(sandbox)
    const before = from ?? oldState
    if (before !== null && before !== sandbox.state) listener.changed(sandbox, before)
  }
}
