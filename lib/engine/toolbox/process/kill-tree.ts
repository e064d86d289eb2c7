import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, type ProcessEntry } from './process-table'
import { membersOf, signalAll, type TreeRoots } from './process-tree'

/** How long the processes have between SIGTERM and SIGKILL, unless said otherwise. */
export const defaultGraceMs = 200
const pollMs = 5
/** Something that survives SIGKILL for so long hangs in the kernel; waiting longer helps nobody. */
const giveUpMs = 5_000

/**
 * End every process that the roots lead to: SIGTERM, a grace, then SIGKILL until nothing is left. Before they are
 * killed they are stopped, so that one that forks all the time cannot outrun the search.
 * @param graceMs 0 kills at once
 * @returns true when nothing is left
 */
export function killTree(roots: TreeRoots, graceMs = defaultGraceMs): Promise<boolean> {
  return killMembers(() => membersOf(roots), graceMs)
}

/** As `killTree`, for whoever knows better than roots do which processes belong. `find` is called again and again. */
export async function killMembers(find: () => ProcessEntry[], graceMs = defaultGraceMs): Promise<boolean> {
  if (graceMs > 0) {
    const members = find()
    if (members.length === 0) return true
    signalAll(members, 'SIGTERM')
    signalAll(members, 'SIGCONT')
    await goneWithin(members, graceMs)
  }
  const deadline = performance.now() + giveUpMs
  while (performance.now() < deadline) {
    const members = freeze(find)
    if (members.length === 0) return true
    signalAll(members, 'SIGKILL')
    await goneWithin(members, 100)
  }
  return find().length === 0
}

/** Stop all members, look again, and so on until no new one turns up. */
function freeze(find: () => ProcessEntry[]): ProcessEntry[] {
  const stopped = new Set<string>()
  for (;;) {
    const members = find()
    const fresh = members.filter((entry) => !stopped.has(`${entry.pid}:${entry.startTicks}`))
    if (fresh.length === 0) return members
    signalAll(fresh, 'SIGSTOP')
    for (const entry of fresh) stopped.add(`${entry.pid}:${entry.startTicks}`)
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
