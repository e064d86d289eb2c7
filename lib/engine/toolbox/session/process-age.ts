import { uptime } from 'node:os'
import { type ProcessEntry, ticksPerSecond } from '../../linux/process-table'

/** A process that is younger may be between fork and exec, where an interrupt is lost. */
export const youngMs = 50

/** Milliseconds since a process was started, as exactly as the kernel says. */
export function ageMsOf(entry: ProcessEntry): number {
  return uptime() * 1000 - (entry.startTicks * 1000) / ticksPerSecond
}
