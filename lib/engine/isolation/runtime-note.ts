/** What an engine leaves for the next one, so that a toolbox can be taken over after a kill -9. */
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { networkPolicy } from '@/lib/process-api/network-policy'
import { isolationReport } from '@/lib/process-api/sandbox'
import { controlGroup } from '../linux/control-group'
import { writeFileAtomic } from '../state/atomic-file'
import { readOwnFile } from '../state/files'
import { hostProcess } from './host-process'
import type { SandboxFolder } from './isolation'

const runtimeNote = z.object({
  sandboxId: z.string(),
  /** Pids start anew with the machine. */
  bootId: z.string(),
  report: isolationReport,
  /** Whose end is the end of all others: the init of the PID namespace, or the toolbox itself where there is none. */
  main: hostProcess,
  /** The bwrap that waits outside. */
  outer: hostProcess.nullable(),
  /** The toolbox, where it is not `main` itself. */
  toolbox: hostProcess.nullable().default(null),
  /** What serves the network. */
  helper: hostProcess.nullable(),
  /** The policy under which it does; before there were policies it let everything through. */
  networkPolicy: networkPolicy.default({ kind: 'all', allowList: [] }),
  /** Its control groups on the host. */
  group: controlGroup.nullable().default(null),
})
export type RuntimeNote = z.infer<typeof runtimeNote>

const longestNote = 1024 * 1024
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

function noteFile(folder: SandboxFolder): string {
  return path.join(folder.path, 'runtime.json')
}

export function writeRuntimeNote(folder: SandboxFolder, note: Omit<RuntimeNote, 'bootId'>): void {
  writeFileAtomic(noteFile(folder), JSON.stringify({ ...note, bootId }))
}

/** The note of this boot, or null: an unreadable one is of no use, and the sandbox is then searched by its mark. */
export function readRuntimeNote(folder: SandboxFolder): RuntimeNote | null {
  try {
    const note = runtimeNote.parse(JSON.parse(readOwnFile(noteFile(folder), longestNote).toString('utf8')))
    return note.bootId === bootId ? note : null
  } catch {
    return null
  }
}

export function removeRuntimeNote(folder: SandboxFolder): void {
  rmSync(noteFile(folder), { force: true })
}
