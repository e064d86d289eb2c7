/** Processes of sandboxes as the host sees them. */
import { commandLineOf, ProcessSnapshot, sandboxMark } from '../linux/process-table'

/** Live processes of a sandbox, by what their command line contains. */
export function processesOf(id: string, part = ''): number[] {
  const snapshot = new ProcessSnapshot()
  return [...snapshot.entries.values()]
    .filter((entry) => snapshot.hasVariable(entry.pid, sandboxMark, id) && commandLineOf(entry).includes(part))
    .map((entry) => entry.pid)
}

/** The toolbox of a sandbox, by its pid on the host. */
export function toolboxOf(id: string): number {
  const found = processesOf(id, 'toolbox.mjs').at(0)
  if (found === undefined) throw new Error(`no toolbox of ${id} runs`)
  return found
}
