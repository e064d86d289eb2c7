/** Which processes belong together although some of them left the tree, the group or both. */
import type { Survivor } from '@/lib/process-api/execution'
import { ageOf, commandLineOf, isAlive, type ProcessEntry, ProcessSnapshot, readProcess } from './process-table'
import { isOwnProcess, orphanParents, sendSignal } from './signals'

/** Where to look. A process belongs if any of these leads to it. */
export interface TreeRoots {
  /** An environment variable and the value that the processes were started with. */
  mark?: { variable: string; value: string }
  /** Processes that were noted when they were started: their descendants, and their process groups, belong. */
  leaders?: readonly ProcessEntry[]
  /** The hand's process that stands above all that was started with the leader: its descendants belong, not itself. */
  supervisor?: number | null
  /** Processes that do not belong, and neither do their descendants through them. */
  except?: ReadonlySet<number>
}

/**
 * All live members: the leaders, their groups, marked processes, and descendants of any of these. A pid that was given
 * to another process meanwhile is recognised by its start time.
 * @param snapshot may hold a part of the processes only; members are then found among that part
 * @param known pids of members that the snapshot may lack: their children belong
 */
export function membersOf(
  roots: TreeRoots,
  snapshot = new ProcessSnapshot(),
  known: ReadonlySet<number> = new Set(),
): ProcessEntry[] {
  const { mark, leaders = [], except, supervisor = null } = roots
  const { entries } = snapshot
  // Nothing that belongs is older than the first leader, which spares reading most environments.
  const oldest = leaders.length > 0 ? Math.min(...leaders.map((leader) => leader.startTicks)) : 0
  const reapers = leaders.length > 0 ? ancestorsOfThisProcess() : null
  const found = new Map<number, ProcessEntry>()
  const queue: ProcessEntry[] = []
  const add = (entry: ProcessEntry) => {
    if (isOwnProcess(entry.pid) || found.has(entry.pid) || except?.has(entry.pid)) return
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
  const childrenOf = new Map<number, ProcessEntry[]>()
  for (const entry of entries.values()) {
    const siblings = childrenOf.get(entry.parentPid)
    if (siblings) siblings.push(entry)
    else childrenOf.set(entry.parentPid, [entry])
    const isMarked = () =>
      mark &&
      entry.startTicks >= oldest &&
      (!reapers || reapers.has(entry.parentPid) || !entries.has(entry.parentPid)) &&
      snapshot.carries(entry.pid, mark.variable, mark.value)
    const isBelow = entry.parentPid === supervisor || known.has(entry.parentPid)
    if (groups.has(entry.group) || isBelow || isMarked()) add(entry)
  }
  for (let next = queue.pop(); next; next = queue.pop()) {
    for (const child of childrenOf.get(next.pid) ?? []) add(child)
  }
  return [...found.values()].sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
}

/**
 * Where orphans of this process's descendants end up: with one of its ancestors. Another process whose parent is
 * neither a member nor one of these cannot belong, which spares reading its environment (a read that waits for a busy
 * process). Holds only where the leaders were started by this process.
 */
export function ancestorsOfThisProcess(): ReadonlySet<number> {
  const ancestors = new Set<number>([1])
  for (const parent of orphanParents()) {
    for (let pid = parent; pid > 1 && !ancestors.has(pid); ) {
      ancestors.add(pid)
      pid = readProcess(pid)?.parentPid ?? 1
    }
  }
  return ancestors
}

/** Members as a person sees them. */
export function describeProcesses(entries: readonly ProcessEntry[]): Survivor[] {
  return entries.map((entry) => ({ pid: entry.pid, command: commandLineOf(entry), ageSeconds: ageOf(entry) }))
}

/** Send a signal to each; one that has ended meanwhile is passed over. Returns how many got it. */
export function signalAll(entries: readonly ProcessEntry[], signal: NodeJS.Signals | number): number {
  const pids = entries.filter(isAlive).map(({ pid }) => pid)
  return sendSignal(pids, signal).filter(Boolean).length
}
