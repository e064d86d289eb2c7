/** Who sent a signal that something ended by: the system does not tell, so it is noted when it is sent from here. */
import type { ProcessOwner, ProcessSignal } from '@/lib/process-api/process-tree'

/** The oldest notes go first. */
const mostNotes = 1_000

export class SentSignals {
  private readonly notes = new Map<string, ProcessSignal>()

  /** A person sent `signal` to a process of this owner. */
  note(owner: ProcessOwner | null, signal: ProcessSignal): void {
    const key = owner === null ? null : keyOf(owner)
    if (key === null) return
    this.notes.delete(key)
    this.notes.set(key, signal)
    const [oldest] = this.notes.keys()
    if (this.notes.size > mostNotes && oldest !== undefined) this.notes.delete(oldest)
  }

  /** The last signal that a person sent to anything of a run or of a session's command. */
  lastTo(executionId: string): ProcessSignal | null {
    return this.notes.get(executionId) ?? null
  }
}

function keyOf(owner: ProcessOwner): string | null {
  if (owner.kind === 'command') return owner.commandId
  return owner.kind === 'run' ? owner.runId : null
}
