import type { ToolboxConfig } from '../../config/toolbox-config'
import { type ProcessEntry, ProcessSnapshot, sandboxMark } from '../../linux/process-table'
import { membersOf } from '../../linux/process-tree'

/** Everything of this sandbox that runs now, apart from the toolbox itself where there is no PID namespace. */
export function sandboxProcesses(
  { isolation, sandboxId }: Pick<ToolboxConfig, 'isolation' | 'sandboxId'>,
  snapshot = new ProcessSnapshot(),
): ProcessEntry[] {
  // In a PID namespace there is nobody else.
  if (isolation.kind !== 'none') return [...snapshot.entries.values()]
  // A program may have forgotten its environment, and the mark with it, but not who started it.
  return membersOf({ mark: { variable: sandboxMark, value: sandboxId } }, snapshot, new Set([process.pid]))
}
