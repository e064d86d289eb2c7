/** Keeps the lists of processes that outlived their runs, with one read of the process table for all of them. */
import { ProcessSnapshot } from '../../linux/process-table'
import { describeProcesses, membersOf, type TreeRoots } from '../../linux/process-tree'
import type { RunRecord } from './run-record'

/** Runs that end within this time share one read. */
const batchDelayMs = 50
/** While survivors live, they are checked this often, so that the lists do not show dead processes. */
const recheckIntervalMs = 2_000

/** Survivors of shorter runs have higher pids than the run's leader, so that all lower ones can be skipped. */
const shortRunMs = 5_000

interface WatchedRun {
  roots: TreeRoots
  onEmpty: () => void
}

export class SurvivorWatch {
  private readonly watched = new Map<RunRecord, WatchedRun>()
  private timer: NodeJS.Timeout | null = null
  private dueAt = Number.POSITIVE_INFINITY

  /** Watch a run that has just ended. `onEmpty` is called once none of its processes is left. */
  add(record: RunRecord, roots: TreeRoots, onEmpty: () => void): void {
    this.watched.set(record, { roots, onEmpty: onEmpty })
    this.schedule(batchDelayMs)
  }

  /** Check a run now, for a client that asks. */
  refresh(record: RunRecord): void {
    this.inspect(record, new ProcessSnapshot())
  }

  /** Check all ended runs now, with one read of the process table. */
  refreshAll(): void {
    if (this.watched.size === 0) return
    const snapshot = new ProcessSnapshot()
    for (const record of [...this.watched.keys()]) this.inspect(record, snapshot)
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
      for (const record of records) this.inspect(record, snapshot)
      if (this.watched.size > 0) this.schedule(recheckIntervalMs)
    }, ms).unref()
  }

  /** The pid of the earliest leader, if all runs are so short that no survivor can have a lower one. */
  private firstPidOf(records: readonly RunRecord[]): number | undefined {
    const first = Math.min(...records.map((record) => record.startedAtMs))
    if (performance.now() - first > shortRunMs) return undefined
    const earliest = records.find((record) => record.startedAtMs === first)
    return earliest && this.watched.get(earliest)?.roots.leaders?.[0]?.pid
  }

  private inspect(record: RunRecord, snapshot: ProcessSnapshot): void {
    const watched = this.watched.get(record)
    if (!watched) return
    const survivors = describeProcesses(membersOf(watched.roots, snapshot))
    record.setSurvivors(survivors)
    if (survivors.length > 0) return
    this.watched.delete(record)
    watched.onEmpty()
  }
}
