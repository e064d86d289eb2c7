/**
 * Ctrl-C for a session without a terminal. One signal to the group is enough for programs that wait; in a loop of short
 * programs it can be lost, and a person would press the keys again. So the result is watched, and the signal repeated.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type ProcessEntry, readReapCounter } from '../../linux/process-table'
import { signalAll } from '../../linux/process-tree'
import { ageMsOf, youngMs } from './process-age'
import type { SessionProcesses } from './session-processes'
import type { SessionShell } from './shell'

export interface InterruptedCommand {
  readonly id: string
  readonly shell: SessionShell
  readonly processes: SessionProcesses
  /** The session's commands may have set a trap: then its subshells get one interrupt and decide for themselves. */
  readonly mayTrap: boolean
  isOver(): boolean
}

/** How many times, every `youngMs`, the shell is checked for continuing: a busy machine is slow. */
const maxChecks = 20
const repeatIntervalMs = 20
const maxRepeats = 250
/** An interrupt at its very start can make a subshell of bash 5.2 ignore all later ones; it is then terminated. */
const maxIgnored = 20
/** A subshell that only passes the interrupt on has exited by this age, even on a busy machine. */
const minAgeMs = 250

/** Resolves when the command has ended or all attempts were made. An early interrupt waits until the command runs. */
export async function interruptCommand(command: InterruptedCommand): Promise<void> {
  const { shell, processes, id } = command
  await shell.started()
  if (command.isOver()) return
  const { pid } = shell
  const { subshells, programs } = processes.subshellsAndPrograms(id)
  const members = [...subshells, ...programs]
  // A program that is being started may miss the interrupt, so it does not count as hit.
  const isYoung = (entry: ProcessEntry) => ageMsOf(entry) < youngMs
  const known = new Set(members.filter((entry) => !programs.includes(entry) || !isYoung(entry)).map((it) => it.pid))
  const shells = [pid, ...subshells.map((entry) => entry.pid)]
  const endedChildren = () => shells.map(readReapCounter).join()
  const forkedSince = () => processes.subshellsAndPrograms(id).subshells.some((entry) => !known.has(entry.pid))

  const before = endedChildren()
  const wasStartingOne = members.some(isYoung)
  // With job control (`set -m`) children have groups of their own, which the shell's does not reach.
  const others = members.filter((entry) => entry.session === pid && entry.group !== pid)
  shell.interrupt(command.mayTrap, others)
  for (let checks = 0; checks < maxChecks; checks += 1) {
    await sleep(youngMs, undefined, { ref: false })
    if (command.isOver()) return
    if (wasStartingOne || endedChildren() !== before || forkedSince()) return await repeat(command, known)
  }
}

/**
 * A program that is just starting does not notice an interrupt, and the shell continues because the program succeeded.
 * So the shell is made to give up the command, and its subshells, which cannot be, are interrupted together with what
 * they start, until they exit. What the first interrupt reached (`known`) is left alone: it may be shutting down. A new
 * subshell is left alone too: in it the shell may be passing the interrupt on to the function that called the one it
 * gave up.
 */
async function repeat(command: InterruptedCommand, known: ReadonlySet<number>): Promise<void> {
  const { shell, processes, id } = command
  const hitsOf = new Map<number, number>()
  for (let attempt = 0; attempt < maxRepeats && !command.isOver(); attempt += 1) {
    // Listed before the shell gives up, so that what it starts for that is not included.
    const { subshells, programs } = processes.subshellsAndPrograms(id)
    // A trap of the user decides what an interrupt does, so the shell is not made to give up then.
    if (attempt === 0 && !command.mayTrap && !shell.giveUp()) shell.interrupt()
    const settled = command.mayTrap ? [] : subshells.filter((entry) => ageMsOf(entry) >= minAgeMs)
    const parents = new Set(settled.map((entry) => entry.pid))
    const isTheirs = (entry: ProcessEntry) => parents.has(entry.parentPid) || entry.parentPid === shell.pid
    const theirs = programs.filter((entry) => isTheirs(entry) && !known.has(entry.pid))
    for (const entry of settled) hitsOf.set(entry.pid, (hitsOf.get(entry.pid) ?? 0) + 1)
    const isIgnoring = (entry: ProcessEntry) => (hitsOf.get(entry.pid) ?? 0) > maxIgnored
    shell.interruptMembers([...settled, ...theirs])
    signalAll(settled.filter(isIgnoring), 'SIGTERM')
    await sleep(repeatIntervalMs, undefined, { ref: false })
  }
}

/** True for a command after which a shell may have a trap: it sets one, or reads what it does from elsewhere. */
export function maySetTrap(text: string): boolean {
  return /\b(trap|source|eval)\b|(^|[\s;&|({])\.\s/.test(text)
}
