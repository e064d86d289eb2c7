import { ProcessSnapshot, sandboxMark } from '../linux/process-table'

/** The ids of those sandboxes that have running processes, started by any engine. Scans /proc once. */
export function runningAmong(ids: readonly string[]): Set<string> {
  const snapshot = new ProcessSnapshot()
  const running = new Set<string>()
  for (const pid of snapshot.entries.keys()) {
    const id = snapshot.readVariable(pid, sandboxMark)
    if (id !== undefined) running.add(id)
  }
  return new Set(ids.filter((id) => running.has(id)))
}
