/** Verifies an audit log: that no entry was changed, added, removed or cut off. */
import { type AuditRow, type AuditStore, toEntry } from '@/lib/store/audit/audit-store'
import { type CheckedCheckpoint, readCheckpoints } from './checkpoints'
import { entryHash, firstHash } from './entry-hash'

export interface AuditVerification {
  /** Number of entries that were read. */
  entries: number
  /** Number of signed checkpoints. */
  checkpoints: number
  /** The last entry; null if there is none. */
  last: { seq: number; hash: string } | null
  /** What is wrong, one sentence each; empty if nothing is. */
  problems: string[]
}

const pageSize = 5_000
const maxProblems = 20

/**
 * @param checkpoints path of the file of checkpoints
 * @param publicKey PEM; checkpoints that it does not verify are problems
 * @param expected a checkpoint that was stored elsewhere, which the log must contain
 */
export async function verifyAudit(
  store: AuditStore,
  checkpoints: string,
  publicKey: string,
  expected: { seq: number; hash: string } | null = null,
): Promise<AuditVerification> {
  const read = readCheckpoints(checkpoints, publicKey)
  const signed = read.filter((checkpoint): checkpoint is CheckedCheckpoint => checkpoint?.isSigned ?? false)
  const walk = new ChainWalk(grouped(expected ? [...signed, expected] : signed))
  for (const [index, checkpoint] of read.entries()) {
    if (checkpoint === null) walk.report(`Line ${index + 1} of the checkpoints is not a checkpoint.`)
    else if (!checkpoint.isSigned) walk.report(`The checkpoint of entry ${checkpoint.seq} has a wrong signature.`)
  }
  for (;;) {
    const rows = await store.after(walk.seq, pageSize)
    for (const row of rows) walk.visit(row)
    if (rows.length < pageSize) break
  }
  walk.finish()
  const { seq, hash, problems } = walk
  return { entries: seq, checkpoints: signed.length, last: seq === 0 ? null : { seq, hash }, problems }
}

/** Follows the chain from the first entry on. */
class ChainWalk {
  readonly problems: string[] = []
  seq = 0
  hash = firstHash

  constructor(private readonly checkpoints: ReadonlyMap<number, readonly { hash: string }[]>) {}

  visit(row: AuditRow): void {
    if (row.seq !== this.seq + 1) this.report(missing(this.seq + 1, row.seq - 1))
    else if (hashOf(this.hash, row) !== row.hash) this.report(`Entry ${row.seq} was changed, or the one before it was.`)
    for (const { hash } of this.checkpoints.get(row.seq) ?? []) {
      if (hash !== row.hash) this.report(`Entry ${row.seq} is not the one that its checkpoint names.`)
    }
    this.seq = row.seq
    this.hash = row.hash
  }

  finish(): void {
    const last = Math.max(0, ...this.checkpoints.keys())
    if (last > this.seq) {
      this.report(`The log ends at entry ${this.seq}, but a checkpoint names entry ${last}: the end is missing.`)
    }
  }

  report(problem: string): void {
    if (this.problems.length < maxProblems) this.problems.push(problem)
  }
}

function missing(first: number, last: number): string {
  return first === last ? `Entry ${first} is missing.` : `Entries ${first} to ${last} are missing.`
}

/** Null for a row that no version of Sandglass wrote. */
function hashOf(previous: string, row: AuditRow): string | null {
  try {
    return entryHash(previous, toEntry(row), row.subject)
  } catch {
    return null
  }
}

function grouped<Item extends { seq: number }>(items: readonly Item[]): Map<number, Item[]> {
  const groups = new Map<number, Item[]>()
  for (const item of items) groups.set(item.seq, [...(groups.get(item.seq) ?? []), item])
  return groups
}
