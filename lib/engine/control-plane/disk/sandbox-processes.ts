/** The processes of one sandbox as the host sees them. */
import type { HostProcess } from '../../isolation/host-process'
import type { SandboxFolder } from '../../isolation/isolation'
import { readRuntimeNote } from '../../isolation/runtime-note'
import { type ProcessEntry, ProcessSnapshot, readChild, sandboxMark } from '../../linux/process-table'
import { membersOf } from '../../linux/process-tree'

export interface SandboxProcesses {
  /** The engine's own program, which writes the records. */
  readonly toolbox: ProcessEntry | null
  /** All other processes, parents before children: the init, if there is one, and the sandbox's programs. */
  readonly others: readonly ProcessEntry[]
}

/**
 * Found by ancestry, not by a mark in the environment, which a program could set to incriminate another sandbox. Null
 * when nothing of the sandbox runs.
 */
export function processesOfSandbox(folder: SandboxFolder, snapshot = new ProcessSnapshot()): SandboxProcesses | null {
  const note = readRuntimeNote(folder)
  const main = note && currentEntry(note.main)
  if (!main) return null
  if (note.report.kind === 'none') {
    const marked = membersOf({ mark: { variable: sandboxMark, value: note.sandboxId } }, snapshot)
    return { toolbox: main, others: marked.filter(({ pid }) => pid !== main.pid) }
  }
  return { toolbox: note.toolbox && currentEntry(note.toolbox), others: [main, ...descendants(main, snapshot)] }
}

function currentEntry(expected: HostProcess): ProcessEntry | null {
  const found = readChild(expected.pid)
  return found?.startTicks === expected.startTicks ? found : null
}

/** Includes zombies: a process whose main thread has exited looks like one, although its other threads run. */
function descendants(main: ProcessEntry, { entries, zombies }: ProcessSnapshot): ProcessEntry[] {
  const childrenOf = new Map<number, ProcessEntry[]>()
  for (const entry of [...entries.values(), ...zombies]) {
    const siblings = childrenOf.get(entry.parentPid)
    if (siblings) siblings.push(entry)
    else childrenOf.set(entry.parentPid, [entry])
  }
  const found: ProcessEntry[] = []
  for (let level = [main]; level.length > 0; ) {
    level = level.flatMap(({ pid }) => childrenOf.get(pid) ?? [])
    found.push(...level)
  }
  return found
}
