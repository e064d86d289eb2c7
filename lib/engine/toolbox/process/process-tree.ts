/** Which processes belong together although some of them left the tree, the group or both. */

import type { Survivor } from '@/lib/process-api/execution'
import {
  ageOf,
  commandLineOf,
  environmentOf,
  executionMark,
  isAlive,
  type ProcessEntry,
  type ProcessSnapshot,
  readProcess,
  scanProcesses,
} from './process-table'

/** Where to look. A process belongs if any of these leads to it. */
export interface TreeRoots {
  /** The execution whose mark the processes carry in their environment. */
  mark?: string
  /** Processes whose descendants (and process groups, where they lead one) belong. Noted when they were started. */
  leaders?: readonly ProcessEntry[]
  /** Processes that do not belong, and neither do their descendants through them. */
  except?: ReadonlySet<number>
}

/** Note a process that was just started; undefined where it has ended already. */
export const noteProcess: (pid: number) => ProcessEntry | undefined = readProcess

/**
 * All live members: marked ones, descendants and groups of the leaders, and descendants of any member.
 * A pid that was given to another process meanwhile is recognised by its start time.
 */
export function membersOf(roots: TreeRoots, snapshot: ProcessSnapshot = scanProcesses()): ProcessEntry[] {
  const leaders = roots.leaders ?? []
  const oldest = Math.min(...leaders.map((leader) => leader.startTicks))
  const isOutside = (entry: ProcessEntry) =>
    entry.pid === process.pid || entry.pid === 1 || (roots.except?.has(entry.pid) ?? false)
  const childrenOf = new Map<number, ProcessEntry[]>()
  const members = new Map<number, ProcessEntry>()
  const found: ProcessEntry[] = []
  const add = (entry: ProcessEntry) => {
    if (members.has(entry.pid) || isOutside(entry)) return
    members.set(entry.pid, entry)
    found.push(entry)
  }
  const groups = new Set<number>()
  for (const leader of leaders) {
    const now = snapshot.get(leader.pid)
    if (now && now.startTicks !== leader.startTicks) continue
    if (now) add(now)
    if (leader.group === leader.pid) groups.add(leader.pid)
  }
  for (const entry of snapshot.values()) {
    const siblings = childrenOf.get(entry.parentPid)
    if (siblings) siblings.push(entry)
    else childrenOf.set(entry.parentPid, [entry])
    if (groups.has(entry.group)) add(entry)
    else if (roots.mark !== undefined && entry.startTicks >= (leaders.length > 0 ? oldest : 0)) {
      if (environmentOf(entry.pid, executionMark) === roots.mark) add(entry)
    }
  }
  for (let i = 0; i < found.length; i += 1) {
    for (const child of childrenOf.get(found[i]?.pid ?? -1) ?? []) add(child)
  }
  return found
}

/** Members as a person sees them. */
export function describeProcesses(entries: readonly ProcessEntry[]): Survivor[] {
  return entries.map((entry) => ({ pid: entry.pid, command: commandLineOf(entry), ageSeconds: ageOf(entry) }))
}

/** Send a signal to each; one that has ended meanwhile is passed over. Returns how many got it. */
export function signalAll(entries: readonly ProcessEntry[], signal: NodeJS.Signals): number {
  let sent = 0
  for (const entry of entries) {
    if (!isAlive(entry)) continue
    try {
      process.kill(entry.pid, signal)
      sent += 1
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')))
        throw error
    }
  }
  return sent
}
