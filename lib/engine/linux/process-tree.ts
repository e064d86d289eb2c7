/** Which processes belong together, even if some of them left the tree, the process group or both. */
import type { Survivor } from '@/lib/process-api/execution'
import { ageOf, commandLineOf, isAlive, type ProcessEntry, ProcessSnapshot, readProcess } from './process-table'
import { isProtectedProcess, orphanReapers, sendSignal } from './signals'

/** Where to look. A process belongs if any root leads to it. */
export interface TreeRoots {
  /** An environment variable and the value that the processes were started with. */
  mark?: { variable: string; value: string }
  /** Processes recorded at their start: their descendants and their process groups belong. */
  leaders?: readonly ProcessEntry[]
  /** The hand's supervisor above everything that was started with the leader: its descendants belong, but not itself. */
  supervisor?: number | null
  /** Processes that do not belong; their descendants do not belong through them either. */
  except?: ReadonlySet<number>
}

/**
 * All live members, oldest first: the leaders, their groups, marked processes, and descendants of any of these. A reused
 * pid is recognised by its start time.
 * @param snapshot may contain only some of the processes; members are then found among those
 * @param known pids of members that the snapshot may lack; their children belong
 */
export function membersOf(
  roots: TreeRoots,
  snapshot = new ProcessSnapshot(),
  known: ReadonlySet<number> = new Set(),
): ProcessEntry[] {
  const { leaders = [], except, supervisor = null } = roots
  const { entries } = snapshot
  const isMarked = markTest(roots, snapshot)
  const found = new Map<number, ProcessEntry>()
  const queue: ProcessEntry[] = []
  const add = (entry: ProcessEntry) => {
    if (isProtectedProcess(entry.pid) || found.has(entry.pid) || except?.has(entry.pid)) return
    found.set(entry.pid, entry)
    queue.push(entry)
  }
  const groups = new Set<number>()
  for (const leader of leaders) {
    const holder = entries.get(leader.pid)
    if (holder && holder.startTicks !== leader.startTicks) continue
    if (holder) add(holder)
    if (leader.group === leader.pid) groups.add(leader.pid)
  }
  for (const entry of entries.values()) {
    const isBelow = entry.parentPid === supervisor || known.has(entry.parentPid)
    if (groups.has(entry.group) || isBelow || isMarked(entry)) add(entry)
  }
  const children = childrenByParent(entries.values())
  for (let next = queue.pop(); next; next = queue.pop()) {
    for (const child of children.get(next.pid) ?? []) add(child)
  }
  return [...found.values()].sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
}

/** Tests whether a process carries the mark, reading as few environments as possible. */
function markTest({ mark, leaders = [] }: TreeRoots, snapshot: ProcessSnapshot): (entry: ProcessEntry) => boolean {
  if (!mark) return () => false
  // No member is older than the first leader.
  const oldest = leaders.length > 0 ? Math.min(...leaders.map((leader) => leader.startTicks)) : 0
  const reapers = leaders.length > 0 ? ancestorsOfThisProcess() : null
  return ({ pid, parentPid, startTicks }) =>
    startTicks >= oldest &&
    (!reapers || reapers.has(parentPid) || !snapshot.entries.has(parentPid)) &&
    snapshot.hasVariable(pid, mark.variable, mark.value)
}

function childrenByParent(entries: Iterable<ProcessEntry>): Map<number, ProcessEntry[]> {
  const children = new Map<number, ProcessEntry[]>()
  for (const entry of entries) {
    const siblings = children.get(entry.parentPid)
    if (siblings) siblings.push(entry)
    else children.set(entry.parentPid, [entry])
  }
  return children
}

/**
 * Processes that may adopt orphans of this process's descendants: its ancestors. A process whose parent is neither a
 * member nor one of these cannot belong, so its environment need not be read (which blocks on a busy process). This
 * holds only if this process started the leaders.
 */
export function ancestorsOfThisProcess(): ReadonlySet<number> {
  const ancestors = new Set<number>([1])
  for (const parent of orphanReapers()) {
    for (let pid = parent; pid > 1 && !ancestors.has(pid); ) {
      ancestors.add(pid)
      pid = readProcess(pid)?.parentPid ?? 1
    }
  }
  return ancestors
}

/** Members as the API describes them. */
export function describeProcesses(entries: readonly ProcessEntry[]): Survivor[] {
  return entries.map((entry) => ({ pid: entry.pid, command: commandLineOf(entry), ageSeconds: ageOf(entry) }))
}

/** Send a signal to each process that is still alive. Returns how many received it. */
export function signalAll(entries: readonly ProcessEntry[], signal: NodeJS.Signals | number): number {
  const pids = entries.filter(isAlive).map(({ pid }) => pid)
  return sendSignal(pids, signal).filter(Boolean).length
}
