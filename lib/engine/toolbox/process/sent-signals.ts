/** Remembers signals that users sent, because the system does not say who sent the signal that ended a process. */
import { constants } from 'node:os'
import type { ProcessOwner, ProcessSignal } from '@/lib/process-api/process-tree'
import type { ExecutionEnd } from '../../linux/execution-end'

/** Beyond this the oldest entries are dropped. */
const maxEntries = 1_000

export class SentSignals {
  private readonly signals = new Map<string, ProcessSignal>()

  /** A user sent `signal` to a process of this owner. */
  record(owner: ProcessOwner | null, signal: ProcessSignal): void {
    const key = owner === null ? null : keyOf(owner)
    if (key === null) return
    this.signals.delete(key)
    this.signals.set(key, signal)
    const [oldest] = this.signals.keys()
    if (this.signals.size > maxEntries && oldest !== undefined) this.signals.delete(oldest)
  }

  /**
   * Attribute the end of a run or command to a user's signal, if that caused it. A shell whose child was killed reports
   * 128 + n as its own exit code. Ends with another reason, such as a stop, stay unchanged.
   */
  attribute(execution: { id: string; recordSignal(signal: string): void }, end: ExecutionEnd): ExecutionEnd {
    const signal = this.signals.get(execution.id)
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
