/** Changes that wait to be written. Of two records of the same execution only the newer one is stored. */
import { hasEnded } from '@/lib/process-api/has-ended'
import { type HistoryChange, keyText } from '@/lib/store/history/history-store'

/** Beyond this the oldest changes are dropped, and what the target lists has to be compared again. */
const maxChanges = 5_000

export class ChangeBuffer {
  private changes = new Map<string, HistoryChange>()
  private counter = 0
  /** Targets of which changes were dropped. */
  readonly dropped = new Set<string>()

  get size(): number {
    return this.changes.size
  }

  add(change: HistoryChange): void {
    const key = this.keyOf(change)
    const before = this.changes.get(key)
    if (before?.type === 'execution' && change.type === 'execution') {
      if (hasEnded(before.record.state) && !hasEnded(change.record.state)) return
      const { text, textComplete } = before.record
      if (textComplete && !change.record.textComplete) {
        change = { type: 'execution', record: { ...change.record, text, textComplete } }
      }
    }
    if (before?.type === 'details' && change.type === 'details') {
      change = { ...change, details: { ...before.details, ...change.details } }
    }
    // The position of the first one stays: details come after their execution.
    this.changes.set(key, change)
    if (this.changes.size <= maxChanges) return
    const [oldest] = this.changes
    if (!oldest) return
    this.changes.delete(oldest[0])
    this.dropped.add(targetOf(oldest[1]))
  }

  /** Takes up to `count` of the oldest changes. */
  take(count: number): HistoryChange[] {
    const taken = [...this.changes].slice(0, count)
    for (const [key] of taken) this.changes.delete(key)
    return taken.map(([, change]) => change)
  }

  /** Puts changes back that could not be written, before the others. */
  putBack(changes: readonly HistoryChange[]): void {
    const newer = [...this.changes.values()]
    this.changes = new Map()
    for (const change of [...changes, ...newer]) this.add(change)
  }

  private keyOf(change: HistoryChange): string {
    const target = targetOf(change)
    switch (change.type) {
      case 'sandbox':
        return `${change.type} ${target} ${change.sandboxId}`
      case 'execution':
        return `${change.type} ${target} ${change.record.sandboxId} ${keyText(change.record)}`
      case 'details':
        return `${change.type} ${target} ${change.key.sandboxId} ${keyText(change.key)}`
      default:
        this.counter += 1
        return `${this.counter}`
    }
  }
}

function targetOf(change: HistoryChange): string {
  if (change.type === 'execution') return change.record.target
  return 'key' in change ? change.key.target : change.target
}
