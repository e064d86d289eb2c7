/** Processes of sandboxes as the host sees them. */
import { commandLineOf, ProcessSnapshot, sandboxMark } from '../linux/process-table'

/** Running processes of a sandbox whose command line contains `part`. */
export function processesOf(id: string, part = ''): number[] {
  const snapshot = new ProcessSnapshot()
  return [...snapshot.entries.values()]
    .filter((entry) => snapshot.hasVariable(entry.pid, sandboxMark, id) && commandLineOf(entry).includes(part))
    .map((entry) => entry.pid)
}

/** The pid of a sandbox's toolbox on the host. */
export function toolboxOf(id: string): number {
  const found = processesOf(id, 'toolbox.cjs').at(0)
  if (found === undefined) throw new Error(`no toolbox of ${id} is running`)
  return found
}
