/** Whose the processes of a sandbox are: each area of the toolbox tells of what it started and keeps hold of. */
import type { ProcessOwner } from '@/lib/process-api/process-tree'
import type { ProcessEntry, ProcessSnapshot } from '../../linux/process-table'

export interface Owned {
  owner: ProcessOwner
  entries: readonly ProcessEntry[]
}

/** Everything in the snapshot that an area started, also what left the tree. The first owner of a process counts. */
export type FindOwned = (snapshot: ProcessSnapshot) => Iterable<Owned>

export class ProcessOwners {
  private readonly areas: FindOwned[] = []

  add(find: FindOwned): void {
    this.areas.push(find)
  }

  /** Owners by pid; a process that no area knows is not among them. */
  among(snapshot: ProcessSnapshot): Map<number, ProcessOwner> {
    const owners = new Map<number, ProcessOwner>()
    for (const find of this.areas) {
      for (const { owner, entries } of find(snapshot)) {
        for (const { pid } of entries) if (!owners.has(pid)) owners.set(pid, owner)
      }
    }
    return owners
  }
}
