import type { ToolboxConfig } from '../config'
import { type ProcessEntry, ProcessSnapshot, sandboxMark } from './process-table'
import { membersOf } from './process-tree'
import { isOwnProcess } from './signals'

/** Everything of this sandbox that runs now, apart from what the engine itself needs for that. */
export function sandboxProcesses(
  { isolation, sandboxId }: Pick<ToolboxConfig, 'isolation' | 'sandboxId'>,
  snapshot = new ProcessSnapshot(),
): ProcessEntry[] {
  // In a PID namespace there is nobody else.
  if (isolation.kind !== 'none') return [...snapshot.entries.values()].filter(({ pid }) => !isOwnProcess(pid))
  // A program may have forgotten its environment, and the mark with it, but not who started it.
  return membersOf({ mark: { variable: sandboxMark, value: sandboxId } }, snapshot, new Set([process.pid]))
}
