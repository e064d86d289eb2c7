/** What an engine saves for the next one, so that it can adopt a toolbox after a kill -9. */
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
  /** Pids are only valid within one boot. */
  bootId: z.string(),
  report: isolationReportSchema,
  /** The process whose exit ends all others: the init of the PID namespace or, without one, the toolbox. */
  main: hostProcessSchema,
  /** The outer bwrap. */
  outer: hostProcessSchema.nullable(),
  /** The toolbox, if it is not `main`. */
  toolbox: hostProcessSchema.nullable().default(null),
  /** The network helper. */
  helper: hostProcessSchema.nullable(),
  /** The helper's policy; engines before network policies allowed everything. */
  networkPolicy: networkPolicySchema.default({ kind: 'all', allowList: [] }),
  /** The sandbox's control groups on the host. */
  group: controlGroupSchema.nullable().default(null),
})
export type RuntimeNote = z.infer<typeof runtimeNoteSchema>

const maxNoteBytes = 1024 * 1024
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

function noteFile(folder: SandboxFolder): string {
  return path.join(folder.path, 'runtime.json')
}

export function writeRuntimeNote(folder: SandboxFolder, note: Omit<RuntimeNote, 'bootId'>): void {
  writeFileAtomic(noteFile(folder), JSON.stringify({ ...note, bootId }))
}

/** The note of this boot, or null. Without a readable note, processes are found by their mark. */
export function readRuntimeNote(folder: SandboxFolder): RuntimeNote | null {
  try {
    const note = runtimeNoteSchema.parse(JSON.parse(readOwnFile(noteFile(folder), maxNoteBytes).toString('utf8')))
    return note.bootId === bootId ? note : null
  } catch {
    return null
  }
}

export function removeRuntimeNote(folder: SandboxFolder): void {
  rmSync(noteFile(folder), { force: true })
}
