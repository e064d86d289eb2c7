/** Who sent a signal that something ended by: the system does not tell, so it is noted when it is sent from here. */
import { constants } from 'node:os'
import type { ProcessOwner, ProcessSignal } from '@/lib/process-api/process-tree'
import type { ExecutionEnd } from '../../linux/execution-end'

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

  /**
   * How a run or a session's command ended: where a person's signal ended it, that is the reason, which the execution
   * puts into words. A shell whose child was killed tells it as its own exit code, 128 + n; whoever stopped the whole
   * has said so already.
   */
  attribute(execution: { id: string; recordSignal(signal: string): void }, end: ExecutionEnd): ExecutionEnd {
    const signal = this.notes.get(execution.id)
    if (signal === undefined) return end
    execution.recordSignal(signal)
    if (end.exitCode !== 128 + constants.signals[signal]) return end
    if (end.reason !== 'exited' && end.reason !== 'signalled') return end
    return { ...end, signal, reason: 'signalled' }
  }
}

function keyOf(owner: ProcessOwner): string | null {
  if (owner.kind === 'command') return owner.commandId
  return owner.kind === 'run' ? owner.runId : null
}
