/** Finds who started each process of a sandbox. Every feature of the toolbox reports its own processes. */
import type { ProcessOwner } from '@/lib/process-api/process-tree'
import type { ProcessEntry, ProcessSnapshot } from '../../linux/process-table'

export interface Owned {
  owner: ProcessOwner
  entries: readonly ProcessEntry[]
}

/** Everything in the snapshot that a feature started, including processes that left the tree. The first owner counts. */
export type FindOwned = (snapshot: ProcessSnapshot) => Iterable<Owned>

export class ProcessOwners {
  private readonly finders: FindOwned[] = []

  add(find: FindOwned): void {
    this.finders.push(find)
  }

  /** Owners by pid, without processes that no feature started. */
  ownersOf(snapshot: ProcessSnapshot): Map<number, ProcessOwner> {
    const owners = new Map<number, ProcessOwner>()
    for (const find of this.finders) {
      for (const { owner, entries } of find(snapshot)) {
        for (const { pid } of entries) if (!owners.has(pid)) owners.set(pid, owner)
      }
    }
    return owners
  }
}
