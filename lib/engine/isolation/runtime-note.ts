/** What an engine leaves for the next one, so that a toolbox can be taken over after a kill -9. */
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { networkPolicySchema } from '@/lib/process-api/network-policy'
import { isolationReportSchema } from '@/lib/process-api/sandbox'
import { controlGroupSchema } from '../linux/control-group'
import { writeFileAtomic } from '../state/atomic-file'
import { readOwnFile } from '../state/files'
import { hostProcessSchema } from './host-process'
import type { SandboxFolder } from './isolation'

const runtimeNoteSchema = z.object({
  sandboxId: z.string(),
  /** Pids start anew with the machine. */
  bootId: z.string(),
  report: isolationReportSchema,
  /** Whose end is the end of all others: the init of the PID namespace, or the toolbox itself where there is none. */
  main: hostProcessSchema,
  /** The bwrap that waits outside. */
  outer: hostProcessSchema.nullable(),
  /** The toolbox, where it is not `main` itself. */
  toolbox: hostProcessSchema.nullable().default(null),
  /** What serves the network. */
  helper: hostProcessSchema.nullable(),
  /** The policy under which it does; before there were policies it let everything through. */
  networkPolicy: networkPolicySchema.default({ kind: 'all', allowList: [] }),
  /** Its control groups on the host. */
  group: controlGroupSchema.nullable().default(null),
})
export type RuntimeNote = z.infer<typeof runtimeNoteSchema>

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
    const note = runtimeNoteSchema.parse(JSON.parse(readOwnFile(noteFile(folder), longestNote).toString('utf8')))
    return note.bootId === bootId ? note : null
  } catch {
    return null
  }
}

export function removeRuntimeNote(folder: SandboxFolder): void {
  rmSync(noteFile(folder), { force: true })
}
