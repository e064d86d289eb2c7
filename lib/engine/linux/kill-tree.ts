import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { isAlive, lastPid, type ProcessEntry, ProcessSnapshot } from './process-table'
import { membersOf, signalAll, type TreeRoots } from './process-tree'
import { endChildren } from './signals'

/** Default time between SIGTERM and SIGKILL. */
export const defaultGraceMs = 150
const pollIntervalMs = 5
/** A process that survives SIGKILL for this long hangs in the kernel; waiting longer is pointless. */
const killTimeoutMs = 5_000
/** Time limit for stopping processes that keep forking; then all found so far are killed and the search restarts. */
const freezeTimeoutMs = 1_000
const requiredEmptyScans = 6

/**
 * End every process that the roots lead to: SIGTERM, a grace period, then SIGKILL until none is left. Processes are
 * stopped before they are killed, so that one that keeps forking cannot outrun the search.
 * @param graceMs 0 kills immediately
 * @returns true if no process is left
 */
export function killTree(roots: TreeRoots, graceMs = defaultGraceMs): Promise<boolean> {
  const supervisor = roots.except ? null : (roots.supervisor ?? null)
  return killMembers((snapshot, known) => membersOf(roots, snapshot, known), graceMs, supervisor)
}

/**
 * Finds the processes to end; called repeatedly. It need not look beyond a given snapshot, and children of `known` pids
 * always belong.
 */
export type FindMembers = (snapshot?: ProcessSnapshot, known?: ReadonlySet<number>) => ProcessEntry[]

/**
 * As `killTree`, with a caller-defined search instead of roots.
 * @param supervisor its descendants all belong, so the hand ends them, which no program can outrun
 */
export async function killMembers(
  find: FindMembers,
  graceMs = defaultGraceMs,
  supervisor: number | null = null,
): Promise<boolean> {
  if (graceMs > 0) {
    const members = find()
    if (members.length === 0) return true
    signalAll(members, 'SIGTERM')
    signalAll(members, 'SIGCONT')
    await waitForExit(members, graceMs)
  }
  const deadline = performance.now() + killTimeoutMs
  while (performance.now() < deadline) {
    if (supervisor !== null) await endBelow(supervisor, deadline)
    const members = freeze(find)
    if (members.length === 0) return true
    signalAll(members, 'SIGKILL')
    await waitForExit(members, 100)
  }
  return find().length === 0
}

/** A round takes at most 20 ms, so that the toolbox can handle other requests in between. */
async function endBelow(supervisor: number, deadline: number): Promise<void> {
  while (endChildren(supervisor) === 'some left' && performance.now() < deadline) await setImmediate()
}

/**
 * Stop all members, scan again for processes started meanwhile, and repeat until no new one appears. One scan is not
 * enough: a process that forks and exits every few milliseconds may have exited when its entry is read, while its child
 * is not listed yet. The result is certain if no pid was assigned during an empty scan, or, on a machine where others
 * keep starting processes, after several empty scans in a row.
 */
function freeze(find: FindMembers): ProcessEntry[] {
  // The first scan covers all processes, later ones those started since the first scan began. That start is never
  // moved: a pid is assigned before its process becomes visible.
  const stopped = new Map<number, ProcessEntry>()
  const deadline = performance.now() + freezeTimeoutMs
  let since: number | undefined
  let emptyScans = 0
  for (;;) {
    const lastPidBefore = lastPid()
    const found = find(new ProcessSnapshot(since), new Set(stopped.keys()))
    const fresh = found.filter((entry) => stopped.get(entry.pid)?.startTicks !== entry.startTicks)
    signalAll(fresh, 'SIGSTOP')
    for (const entry of fresh) stopped.set(entry.pid, entry)
    emptyScans = fresh.length === 0 ? emptyScans + 1 : 0
    const isCertain = emptyScans > 0 && (lastPid() === lastPidBefore || emptyScans === requiredEmptyScans)
    if (isCertain || performance.now() > deadline) return [...stopped.values()].filter(isAlive)
    since ??= lastPidBefore
  }
}

async function waitForExit(members: readonly ProcessEntry[], ms: number): Promise<void> {
  const deadline = performance.now() + ms
  let remaining = members
  for (;;) {
    remaining = remaining.filter(isAlive)
    if (remaining.length === 0 || performance.now() >= deadline) return
    await sleep(pollIntervalMs)
  }
}
