/** Keeps the lists of processes that outlived their runs: one look at the process table for all of them. */
import { ProcessSnapshot } from '../../linux/process-table'
import { describeProcesses, membersOf, type TreeRoots } from '../../linux/process-tree'
import type { RunRecord } from './run-record'

/** Runs that end within this time share a look. */
const gatherMs = 50
/** While survivors live they are looked at again this often, so that a list does not show the dead. */
const againMs = 2_000

/** What ran for less than this left behind only processes with later pids, which spares looking at all others. */
const shortMs = 5_000

interface Watched {
  roots: TreeRoots
  gone: () => void
}

export class SurvivorWatch {
  private readonly watched = new Map<RunRecord, Watched>()
  private timer: NodeJS.Timeout | null = null
  private dueAt = Number.POSITIVE_INFINITY

  /** Look after a run that has just ended. `gone` is called once nothing of it is left. */
  add(record: RunRecord, roots: TreeRoots, gone: () => void): void {
    this.watched.set(record, { roots, gone })
    this.schedule(gatherMs)
  }

  /** Look now, because somebody asks. */
  refresh(record: RunRecord): void {
    this.look(record, new ProcessSnapshot())
  }

  private schedule(ms: number): void {
    const dueAt = performance.now() + ms
    if (dueAt >= this.dueAt) return
    if (this.timer) clearTimeout(this.timer)
    this.dueAt = dueAt
    this.timer = setTimeout(() => {
      this.timer = null
      this.dueAt = Number.POSITIVE_INFINITY
      const records = [...this.watched.keys()]
      const snapshot = new ProcessSnapshot(this.firstPidOf(records))
      for (const record of records) this.look(record, snapshot)
      if (this.watched.size > 0) this.schedule(againMs)
    }, ms).unref()
  }

  /** The earliest leader, where all of the runs are so short that nothing can have come before it. */
  private firstPidOf(records: readonly RunRecord[]): number | undefined {
    const first = Math.min(...records.map((record) => record.startedAtMs))
    if (performance.now() - first > shortMs) return undefined
    const earliest = records.find((record) => record.startedAtMs === first)
    return earliest && this.watched.get(earliest)?.roots.leaders?.[0]?.pid
  }

  private look(record: RunRecord, snapshot: ProcessSnapshot): void {
    const watched = this.watched.get(record)
    if (!watched) return
    const survivors = describeProcesses(membersOf(watched.roots, snapshot))
    record.setSurvivors(survivors)
    if (survivors.length > 0) return
    this.watched.delete(record)
    watched.gone()
  }
}
