/** Keeps the lists of processes that outlived their commands: one look at the process table for all sessions. */
import { ProcessSnapshot } from '../../linux/process-table'
import { describeProcesses } from '../../linux/process-tree'
import type { Session } from './session'
import type { SessionProcesses } from './session-processes'
import type { CommandRecord } from './session-record'

/** Commands that end within this time share a look, where something is known to be left… */
const soonMs = 50
/** …and where only a daemon that left the tree could be. */
const laterMs = 1_000
/** While survivors live they are looked at again this often, so that a list does not show the dead. */
const againMs = 2_000

export class SurvivorLooks {
  private readonly due = new Map<Session, SessionProcesses>()
  /** Commands whose last list was not empty. */
  private readonly withSurvivors = new Map<Session, Set<CommandRecord>>()
  private timer: NodeJS.Timeout | null = null
  private timerAt = Number.POSITIVE_INFINITY

  /** A command ended. @param likely its pipes are still open, or its shell has children */
  soon(session: Session, processes: SessionProcesses, likely: boolean): void {
    this.due.set(session, processes)
    this.schedule(likely ? soonMs : laterMs)
  }

  /** Look now, because somebody asks. */
  now(session: Session, processes: SessionProcesses): void {
    this.look(session, processes, new ProcessSnapshot())
  }

  /** The session is gone. */
  forget(session: Session): void {
    this.due.delete(session)
    this.withSurvivors.delete(session)
  }

  private schedule(ms: number): void {
    const at = performance.now() + ms
    if (at >= this.timerAt) return
    if (this.timer) clearTimeout(this.timer)
    this.timerAt = at
    this.timer = setTimeout(() => this.lookAtDue(), ms).unref()
  }

  private lookAtDue(): void {
    this.timer = null
    this.timerAt = Number.POSITIVE_INFINITY
    const due = [...this.due]
    this.due.clear()
    const snapshot = new ProcessSnapshot()
    for (const [session, processes] of due) this.look(session, processes, snapshot)
    if (this.due.size > 0) this.schedule(againMs)
  }

  private look(session: Session, processes: SessionProcesses, snapshot: ProcessSnapshot): void {
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
      this.schedule(againMs)
    } else {
      this.withSurvivors.delete(session)
    }
  }
}
