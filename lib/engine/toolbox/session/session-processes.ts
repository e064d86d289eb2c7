/**
 * What of a session is alive, and which command started it. Marks in the environment find processes that left the tree;
 * parent links find subshells, which are forks of the shell and carry the environment that it was started with.
 */
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import type { LiveProcess } from '@/lib/process-api/extensions'
import { executionMark, type ProcessEntry, ProcessSnapshot, readProcess } from '../../linux/process-table'
import { ancestorsOfThisProcess, describeProcesses } from '../../linux/process-tree'
import { isProtectedProcess } from '../../linux/signals'
import type { Owned } from '../process/process-owners'
import { commandMark } from './command-mark'

export interface SessionMember {
  entry: ProcessEntry
  /** Null where unknown. */
  commandId: string | null
}

/** The unit of start times. */
const tickMs = 10

export class SessionProcesses {
  /** Commands in the order in which they ran, one after the other, with the time of their start. */
  private readonly starts: Array<{ id: string; at: number }> = []
  /** Ids by the marks of their commands. */
  private readonly marked = new Map<string, string>()
  /** Children of the shell that outlived the command that started them. */
  private left = new Map<number, SessionMember>()

  /**
   * @param key the mark of the shell itself, and of its forks
   * @param shell as noted at its start; undefined where it had ended by then
   */
  constructor(
    private readonly key: string,
    private readonly shell: ProcessEntry | undefined,
    /** The hand's process above the shell, the parent of everything that the session orphans. */
    readonly supervisor: number | null = null,
  ) {}

  /** Note a command that starts now. */
  started(commandId: string): void {
    this.starts.push({ id: commandId, at: performance.now() })
    this.marked.set(commandMark(commandId), commandId)
  }

  /** Note what a command that ends now leaves behind. Returns how many children the shell has. */
  ended(commandId: string): number {
    const left = new Map<number, SessionMember>()
    for (const pid of this.shell ? childrenOf(this.shell.pid) : []) {
      const entry = readProcess(pid)
      if (!entry) continue
      const known = this.left.get(pid)
      left.set(pid, known && isSame(known.entry, entry) ? known : { entry, commandId })
    }
    this.left = left
    return left.size
  }

  /**
   * Everything of the session that is alive, without its shell, but with a program that took the shell's place.
   * @param snapshot may hold a part of the processes only
   * @param known members that it may lack, with their commands: their children belong
   */
  members(snapshot = new ProcessSnapshot(), known: ReadonlyMap<number, string | null> = new Map()): SessionMember[] {
    const children = new Map<number, ProcessEntry[]>()
    const roots: ProcessEntry[] = []
    const reapers = ancestorsOfThisProcess()
    const newer = [...snapshot.entries.values()].filter((it) => !this.shell || it.startTicks >= this.shell.startTicks)
    for (const entry of newer) {
      const siblings = children.get(entry.parentPid)
      if (siblings) siblings.push(entry)
      else children.set(entry.parentPid, [entry])
      // An environment is read where no parent shows whose the process is.
      const isOrphan = reapers.has(entry.parentPid) || !snapshot.entries.has(entry.parentPid)
      const isSupervised = entry.parentPid === this.supervisor
      const isChild = isSupervised || entry.parentPid === this.shell?.pid || known.has(entry.parentPid)
      if (this.isShell(entry) || isChild || (isOrphan && this.isMarked(snapshot, entry))) roots.push(entry)
    }
    // Oldest first, so that a parent is known before its children.
    roots.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
    const found = new Map<number, SessionMember>()
    for (const root of roots) {
      const queue = [root]
      for (let entry = queue.shift(); entry; entry = queue.shift()) {
        if (found.has(entry.pid) || isProtectedProcess(entry.pid)) continue
        const parents = found.get(entry.parentPid)?.commandId ?? known.get(entry.parentPid)
        found.set(entry.pid, { entry, commandId: this.commandOf(snapshot, entry, parents) })
        queue.push(...(children.get(entry.pid) ?? []))
      }
    }
    return [...found.values()].filter(({ entry }) => !this.isShell(entry) || entry.name !== this.shell?.name)
  }

  /** What one command started and is alive. Parameters as for `members`. */
  membersOf(commandId: string, snapshot?: ProcessSnapshot, known: ReadonlySet<number> = new Set()): ProcessEntry[] {
    return this.members(snapshot, new Map([...known].map((pid) => [pid, commandId])))
      .filter((member) => member.commandId === commandId)
      .map((member) => member.entry)
  }

  /**
   * The same as two groups. Subshells are forks of the shell, which carry the environment that it was started with;
   * programs are all others.
   */
  subshellsAndPrograms(commandId: string): { subshells: ProcessEntry[]; programs: ProcessEntry[] } {
    const snapshot = new ProcessSnapshot()
    const members = this.membersOf(commandId, snapshot)
    const isFork = (entry: ProcessEntry) => snapshot.readVariable(entry.pid, executionMark) === this.key
    return { subshells: members.filter(isFork), programs: members.filter((entry) => !isFork(entry)) }
  }

  /** What may read the input of the command that runs: its processes, and the shell, whose builtins read too. */
  readersOf(commandId: string, snapshot: ProcessSnapshot): ProcessEntry[] {
    const shell = this.shell && snapshot.entries.get(this.shell.pid)
    return [...(shell ? [shell] : []), ...this.membersOf(commandId, snapshot)]
  }

  /** Everything of the session with its owner: the command that started it, or the session for its shell. */
  owned(sessionId: string, snapshot: ProcessSnapshot): Owned[] {
    const owned = this.members(snapshot).map(({ entry, commandId }): Owned => {
      const owner =
        commandId === null
          ? ({ kind: 'session', sessionId } as const)
          : ({ kind: 'command', sessionId, commandId } as const)
      return { owner, entries: [entry] }
    })
    const shell = this.shell && snapshot.entries.get(this.shell.pid)
    if (shell && this.isShell(shell)) owned.push({ owner: { kind: 'session', sessionId }, entries: [shell] })
    return owned
  }

  private isShell(entry: ProcessEntry): boolean {
    return this.shell !== undefined && isSame(this.shell, entry)
  }

  private isMarked(snapshot: ProcessSnapshot, entry: ProcessEntry): boolean {
    const mark = snapshot.readVariable(entry.pid, executionMark)
    return mark !== undefined && (mark === this.key || this.marked.has(mark))
  }

  /** @param parents the command of the parent, where that is a member and not the shell */
  private commandOf(snapshot: ProcessSnapshot, entry: ProcessEntry, parents: string | null | undefined): string | null {
    const left = this.left.get(entry.pid)
    if (left && isSame(left.entry, entry)) return left.commandId
    // A child of the shell that no earlier command left behind belongs to the latest.
    if (entry.parentPid === this.shell?.pid || this.isShell(entry)) return this.starts.at(-1)?.id ?? null
    if (parents !== undefined) return parents
    const mark = snapshot.readVariable(entry.pid, executionMark)
    return (mark !== undefined ? this.marked.get(mark) : undefined) ?? this.commandAt(entry)
  }

  /** The command that ran when an orphaned fork of the shell started: one runs at a time. */
  private commandAt(entry: ProcessEntry): string | null {
    const startedAt = performance.now() - (uptime() * 1000 - entry.startTicks * tickMs)
    let low = 0
    let high = this.starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.starts[middle]?.at ?? 0) <= startedAt + tickMs) low = middle + 1
      else high = middle
    }
    return this.starts[low - 1]?.id ?? null
  }
}

/** Members as the API lists them. */
export function describeMembers(members: readonly SessionMember[]): LiveProcess[] {
  const described = describeProcesses(members.map((member) => member.entry))
  return members.map(({ entry, commandId }, i) => ({
    pid: entry.pid,
    parentPid: entry.parentPid,
    command: described[i]?.command ?? entry.name,
    commandId,
    ageSeconds: described[i]?.ageSeconds ?? null,
  }))
}

function isSame(a: ProcessEntry, b: ProcessEntry): boolean {
  return a.pid === b.pid && a.startTicks === b.startTicks
}

/** Empty where the kernel does not list them. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
