/** The processes of one sandbox as the host sees them. */
import type { HostProcess } from '../../isolation/host-process'
import type { SandboxFolder } from '../../isolation/isolation'
import { readRuntimeNote } from '../../isolation/runtime-note'
import { type ProcessEntry, ProcessSnapshot, readChild, sandboxMark } from '../../linux/process-table'
import { membersOf } from '../../linux/process-tree'

export interface SandboxMembers {
  /** The engine's own program, which writes the records. It does nothing by itself. */
  readonly toolbox: ProcessEntry | null
  /** Everything else, parents before their children: the init, where there is one, and the sandbox's programs. */
  readonly others: readonly ProcessEntry[]
}

/**
 * Found by descent and not by a mark in their environment, which a program can set to blame another sandbox. Null where
 * nothing of the sandbox runs.
 */
export function membersOfSandbox(folder: SandboxFolder, snapshot = new ProcessSnapshot()): SandboxMembers | null {
  const note = readRuntimeNote(folder)
  const main = note && stillThere(note.main)
  if (!main) return null
  if (note.report.kind === 'none') {
    const marked = membersOf({ mark: { variable: sandboxMark, value: note.sandboxId } }, snapshot)
    return { toolbox: main, others: marked.filter(({ pid }) => pid !== main.pid) }
  }
  return { toolbox: note.toolbox && stillThere(note.toolbox), others: [main, ...descendants(main, snapshot)] }
}

function stillThere(wanted: HostProcess): ProcessEntry | null {
  const found = readChild(wanted.pid)
  return found?.startTicks === wanted.startTicks ? found : null
}

/** Zombies included: a process whose main thread has ended is shown as one, and its other threads go on. */
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
