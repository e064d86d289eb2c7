/**
 * Ctrl-C for a session without a terminal. One signal to the group is enough for programs that wait; in a loop of short
 * ones it can be lost, and a person would press the keys again and again. So it is watched, and insisted on.
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

/** For so many times `youngMs` the shell is watched for going on: a busy machine takes its time. */
const looks = 20
const insistMs = 20
const insistAttempts = 250
/** bash 5.2 can be left deaf by an interrupt that hits a subshell at its beginning: after so many it is terminated. */
const enoughHits = 20
/** A subshell that does no more than to pass an order on has ended by then, on a busy machine too. */
const spareMs = 250

/** Resolves when the command has ended, or when all was done to have it end. An early one waits until the command runs. */
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
  for (let look = 0; look < looks; look += 1) {
    await sleep(youngMs, undefined, { ref: false })
    if (command.isOver()) return
    if (wasStartingOne || endedChildren() !== before || forkedSince()) return await insist(command, known)
  }
}

/**
 * A program that is just being started does not notice an interrupt, and the shell goes on because the program ended
 * well. So the shell is told to give up, and its subshells, which cannot be told so, are interrupted with what they
 * start, until they are hit. What was hit at first (`known`) stays alone: it may be ending in order. A new subshell is
 * spared: it may be the one in which the shell passes the order to give up on to the function that called the one that
 * it gave up.
 */
async function insist(command: InterruptedCommand, known: ReadonlySet<number>): Promise<void> {
  const { shell, processes, id } = command
  const hitsOf = new Map<number, number>()
  for (let attempt = 0; attempt < insistAttempts && !command.isOver(); attempt += 1) {
    // Looked at before the shell is told, so that what it starts to give up is not among them.
    const { subshells, programs } = processes.subshellsAndPrograms(id)
    // A trap of the user decides what an interrupt does, so the shell is not made to give up then.
    if (attempt === 0 && !command.mayTrap && !shell.giveUp()) shell.interrupt()
    const settled = command.mayTrap ? [] : subshells.filter((entry) => ageMsOf(entry) >= spareMs)
    const parents = new Set(settled.map((entry) => entry.pid))
    const isTheirs = (entry: ProcessEntry) => parents.has(entry.parentPid) || entry.parentPid === shell.pid
    const theirs = programs.filter((entry) => isTheirs(entry) && !known.has(entry.pid))
    for (const entry of settled) hitsOf.set(entry.pid, (hitsOf.get(entry.pid) ?? 0) + 1)
    const isDeaf = (entry: ProcessEntry) => (hitsOf.get(entry.pid) ?? 0) > enoughHits
    shell.interruptMembers([...settled, ...theirs])
    signalAll(settled.filter(isDeaf), 'SIGTERM')
    await sleep(insistMs, undefined, { ref: false })
  }
}

/** True for a command after which a shell may have a trap: it sets one, or reads what it does from elsewhere. */
export function maySetTrap(text: string): boolean {
  return /\b(trap|source|eval)\b|(^|[\s;&|({])\.\s/.test(text)
}
