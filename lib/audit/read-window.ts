/** Pages read again and again, so a read counts once in a while for each caller and thing. */
import type { AuditRecord } from '@/lib/process-api/audit'

export const readWindowMs = 10 * 60_000
const maxReads = 10_000

export class ReadWindow {
  /** Time of the last recorded read, in the order of these times. */
  private readonly times = new Map<string, number>()

  constructor(private readonly now: () => number = Date.now) {}

  /** False if the same read was new less than ten minutes ago. */
  isNew({ actor, address, action, target, sandboxId, subject, result }: AuditRecord): boolean {
    const key = JSON.stringify([actor.kind, actor.id, address, action, target, sandboxId, subject, result])
    const at = this.now()
    const last = this.times.get(key)
    // After a step back of the clock, the read counts as new.
    if (last !== undefined && at >= last && at - last < readWindowMs) return false
    this.times.delete(key)
    this.times.set(key, at)
    if (this.times.size > maxReads) this.times.delete(this.times.keys().next().value ?? '')
    return true
  }
}
