import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { isAlive, lastPid, type ProcessEntry, ProcessSnapshot } from './process-table'
import { membersOf, signalAll, type TreeRoots } from './process-tree'
import { endChildren } from './signals'

/** How long the processes have between SIGTERM and SIGKILL, unless said otherwise. */
export const defaultGraceMs = 150
const pollMs = 5
/** Something that survives SIGKILL for so long hangs in the kernel; waiting longer helps nobody. */
const giveUpMs = 5_000
/** Longest time for stopping what multiplies; then what was found is killed, and the search begins anew. */
const freezeMs = 1_000
const enoughLooks = 6

/**
 * End every process that the roots lead to: SIGTERM, a grace, then SIGKILL until nothing is left. Before they are
 * killed they are stopped, so that one that forks all the time cannot outrun the search.
 * @param graceMs 0 kills at once
 * @returns true when nothing is left
 */
export function killTree(roots: TreeRoots, graceMs = defaultGraceMs): Promise<boolean> {
  const supervisor = roots.except ? null : (roots.supervisor ?? null)
  return killMembers((snapshot, known) => membersOf(roots, snapshot, known), graceMs, supervisor)
}

/**
 * Tells which processes belong, called again and again. Where it is given a snapshot it need not look further, and
 * children of the `known` pids belong.
 */
export type FindMembers = (snapshot?: ProcessSnapshot, known?: ReadonlySet<number>) => ProcessEntry[]

/**
 * As `killTree`, for whoever knows better than roots do which processes belong.
 * @param supervisor where everything below it belongs: that is ended by the hand, which no program can outrun
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
    await goneWithin(members, graceMs)
  }
  const deadline = performance.now() + giveUpMs
  while (performance.now() < deadline) {
    if (supervisor !== null) await endBelow(supervisor, deadline)
    const members = freeze(find)
    if (members.length === 0) return true
    signalAll(members, 'SIGKILL')
    await goneWithin(members, 100)
  }
  return find().length === 0
}

/** A round takes 20 ms at most, so that the toolbox answers others in between. */
async function endBelow(supervisor: number, deadline: number): Promise<void> {
  while (endChildren(supervisor) === 'some left' && performance.now() < deadline) await setImmediate()
}

/**
 * Stop all members, look at what was started meanwhile, and so on until no new one turns up. One look is not enough: a
 * process that forks and ends every few milliseconds can be gone when its entry is read, and its child be missing from
 * the list. It is enough where no pid was given out during the look, or, on a machine where others start processes all
 * the time, after several looks in a row that found nothing.
 */
function freeze(find: FindMembers): ProcessEntry[] {
  // The first look is at all processes, later ones at those that were started since it began. That beginning is not
  // moved on: a pid is given out before its process can be seen.
  const stopped = new Map<number, ProcessEntry>()
  const deadline = performance.now() + freezeMs
  let since: number | undefined
  let emptyLooks = 0
  for (;;) {
    const begun = lastPid()
    const found = find(new ProcessSnapshot(since), new Set(stopped.keys()))
    const fresh = found.filter((entry) => stopped.get(entry.pid)?.startTicks !== entry.startTicks)
    signalAll(fresh, 'SIGSTOP')
    for (const entry of fresh) stopped.set(entry.pid, entry)
    emptyLooks = fresh.length === 0 ? emptyLooks + 1 : 0
    const isCertain = emptyLooks > 0 && (lastPid() === begun || emptyLooks === enoughLooks)
    if (isCertain || performance.now() > deadline) return [...stopped.values()].filter(isAlive)
    since ??= begun
  }
}

async function goneWithin(members: readonly ProcessEntry[], ms: number): Promise<void> {
  const deadline = performance.now() + ms
  let left = members
  for (;;) {
    left = left.filter(isAlive)
    if (left.length === 0 || performance.now() >= deadline) return
    await sleep(pollMs)
  }
}
