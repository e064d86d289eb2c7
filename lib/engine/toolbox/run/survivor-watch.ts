/** Keeps the lists of processes that outlived their runs, with one read of the process table for all of them. */
import type { Survivor } from '@/lib/process-api/execution'
import { ProcessSnapshot } from '../../linux/process-table'
import { describeProcesses, membersOf, type TreeRoots } from '../../linux/process-tree'
import type { RunRecord } from './run-record'

/** Runs that end within this time share one read. */
const batchDelayMs = 50
/** While survivors live, they are checked this often, so that the lists do not show dead processes. */
const recheckIntervalMs = 2_000

/** Survivors of shorter runs have higher pids than the run's leader, so that all lower ones can be skipped. */
const shortRunMs = 5_000

/** The part of a run that is watched. */
interface Survived {
  readonly roots: TreeRoots
  readonly hasNoProcesses: boolean
}

interface WatchedRun {
  run: Survived
  onEmpty: () => void
}

export class SurvivorWatch {
  private readonly watched = new Map<RunRecord, WatchedRun>()
  private timer: NodeJS.Timeout | null = null
  private dueAt = Number.POSITIVE_INFINITY

  /** Watch a run that has just ended. `onEmpty` is called once none of its processes is left. */
  add(record: RunRecord, run: Survived, onEmpty: () => void): void {
    this.watched.set(record, { run, onEmpty })
    this.schedule(batchDelayMs)
  }

  /** Check a run now, for a client that asks. */
  refresh(record: RunRecord): void {
    this.inspectAll([record])
  }

  /** Check all ended runs now, with one read of the process table. */
  refreshAll(): void {
    this.inspectAll([...this.watched.keys()])
  }

  private schedule(ms: number): void {
    const dueAt = performance.now() + ms
    if (dueAt >= this.dueAt) return
    if (this.timer) clearTimeout(this.timer)
    this.dueAt = dueAt
    this.timer = setTimeout(() => {
      this.timer = null
      this.dueAt = Number.POSITIVE_INFINITY
      this.inspectAll([...this.watched.keys()], (records) => this.firstPidOf(records))
      if (this.watched.size > 0) this.schedule(recheckIntervalMs)
    }, ms).unref()
  }

  /** The pid of the earliest leader, if all runs are so short that no survivor can have a lower one. */
  private firstPidOf(records: readonly RunRecord[]): number | undefined {
    const first = Math.min(...records.map((record) => record.startedAtMs))
    if (performance.now() - first > shortRunMs) return undefined
    const earliest = records.find((record) => record.startedAtMs === first)
    return earliest && this.watched.get(earliest)?.run.roots.leaders?.[0]?.pid
  }

  /** @param firstPidOf the lowest pid that a survivor of these runs can have; undefined if any */
  private inspectAll(
    records: readonly RunRecord[],
    firstPidOf: (records: readonly RunRecord[]) => number | undefined = () => undefined,
  ): void {
    const left = records.filter((record) => {
      const watched = this.watched.get(record)
      if (watched?.run.hasNoProcesses) this.update(record, watched, [])
      return watched && !watched.run.hasNoProcesses
    })
    // Most runs leave nothing behind, and reading the process table takes longer than all the rest.
    if (left.length === 0) return
    const snapshot = new ProcessSnapshot(firstPidOf(left))
    for (const record of left) {
      const watched = this.watched.get(record)
      if (watched) this.update(record, watched, describeProcesses(membersOf(watched.run.roots, snapshot)))
    }
  }

  private update(record: RunRecord, watched: WatchedRun, survivors: Survivor[]): void {
    record.setSurvivors(survivors)
    if (survivors.length > 0) return
    this.watched.delete(record)
    watched.onEmpty()
  }
}
