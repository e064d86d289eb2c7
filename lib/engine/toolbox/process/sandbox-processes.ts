import type { ToolboxConfig } from '../../config/toolbox-config'
import { type ProcessEntry, ProcessSnapshot, sandboxMark } from '../../linux/process-table'
import { membersOf } from '../../linux/process-tree'

/** All live processes of this sandbox. Without a PID namespace, the toolbox itself is not included. */
export function sandboxProcesses(
  { isolation, sandboxId }: Pick<ToolboxConfig, 'isolation' | 'sandboxId'>,
  snapshot = new ProcessSnapshot(),
): ProcessEntry[] {
  // A PID namespace has no other processes.
  if (isolation.kind !== 'none') return [...snapshot.entries.values()]
  // A program may have cleared its environment, and with it the mark, but it still has its parent.
  return membersOf({ mark: { variable: sandboxMark, value: sandboxId } }, snapshot, new Set([process.pid]))
}
