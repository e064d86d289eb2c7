/** Updates the lists of processes that outlived their commands: one scan of the process table for all sessions. */
import { ProcessSnapshot } from '../../linux/process-table'
import { describeProcesses } from '../../linux/process-tree'
import type { Session } from './session'
import type { SessionProcesses } from './session-processes'
import type { CommandRecord } from './session-record'

/** Commands that end within this time share a scan, where something is known to be left… */
const likelyScanDelayMs = 50
/** …and where only a daemon that left the tree could be. */
const unlikelyScanDelayMs = 1_000
/** Survivors are checked again this often, so that a list does not show processes that have exited. */
const rescanIntervalMs = 2_000

export class SurvivorScanner {
  private readonly due = new Map<Session, SessionProcesses>()
  /** Commands whose last list was not empty. */
  private readonly withSurvivors = new Map<Session, Set<CommandRecord>>()
  private timer: NodeJS.Timeout | null = null
  private timerAt = Number.POSITIVE_INFINITY

  /**
   * Scan soon, because a command has ended.
   * @param likely its pipes are still open, or its shell has children
   */
  scanSoon(session: Session, processes: SessionProcesses, likely: boolean): void {
    this.due.set(session, processes)
    this.schedule(likely ? likelyScanDelayMs : unlikelyScanDelayMs)
  }

  /** Scan now, because a client asks. */
  scanNow(session: Session, processes: SessionProcesses): void {
    this.scan(session, processes, new ProcessSnapshot())
  }

  /** The session was deleted. */
  forget(session: Session): void {
    this.due.delete(session)
    this.withSurvivors.delete(session)
  }

  private schedule(ms: number): void {
    const at = performance.now() + ms
    if (at >= this.timerAt) return
    if (this.timer) clearTimeout(this.timer)
    this.timerAt = at
    this.timer = setTimeout(() => this.scanDue(), ms).unref()
  }

  private scanDue(): void {
    this.timer = null
    this.timerAt = Number.POSITIVE_INFINITY
    const due = [...this.due]
    this.due.clear()
    const snapshot = new ProcessSnapshot()
    for (const [session, processes] of due) this.scan(session, processes, snapshot)
    if (this.due.size > 0) this.schedule(rescanIntervalMs)
  }

  private scan(session: Session, processes: SessionProcesses, snapshot: ProcessSnapshot): void {
    const byCommand = new Map<string, ReturnType<typeof describeProcesses>>()
    for (const { entry, commandId } of processes.members(snapshot)) {
      if (commandId === null) continue
      const list = byCommand.get(commandId) ?? []
      list.push(...describeProcesses([entry]))
      byCommand.set(commandId, list)
    }
    const before = this.withSurvivors.get(session) ?? new Set<CommandRecord>()
    const now = new Set<CommandRecord>()
    for (const [id, survivors] of byCommand) {
      const record = session.commands.get(id)
      if (!record?.hasEnded) continue
      record.setSurvivors(survivors)
      now.add(record)
    }
    for (const record of before) if (!now.has(record)) record.setSurvivors([])
    if (now.size > 0) {
      this.withSurvivors.set(session, now)
      this.due.set(session, processes)
      this.schedule(rescanIntervalMs)
    } else {
      this.withSurvivors.delete(session)
    }
  }
}
