import { ProcessSnapshot, sandboxMark } from '../linux/process-table'

/** Of these sandboxes, those of which something runs, whoever started it. One look at all processes. */
export function runningAmong(ids: readonly string[]): Set<string> {
  const snapshot = new ProcessSnapshot()
  const running = new Set<string>()
  for (const pid of snapshot.entries.keys()) {
    const id = snapshot.readVariable(pid, sandboxMark)
    if (id !== undefined) running.add(id)
  }
  return new Set(ids.filter((id) => running.has(id)))
}
