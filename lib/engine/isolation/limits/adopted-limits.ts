/** Limits of sandboxes that earlier engines launched, from their notes. */

import { findProgram } from '@/lib/settings/programs'
import type { SandboxFolder } from '../isolation'
import { type RuntimeNote, readRuntimeNote } from '../runtime-note'
import { GroupLimits } from './group-limits'
import { type Limits, type SandboxLimits, unlimited } from './limits'
import { SandboxRlimits } from './rlimits'

/** The limits in force, whatever this engine would give a new sandbox. */
export function adoptedLimits({ group, report }: Pick<RuntimeNote, 'group' | 'report'>): SandboxLimits {
  if (group) return new GroupLimits(group)
  const prlimit = findProgram('prlimit')
  if (report.limits?.by !== 'rlimits' || prlimit === null) return unlimited
  return new SandboxRlimits({ prlimit, processLimit: report.limits.processes })
}

/** Release the limits of sandboxes that have exited; their notes may name groups outside this engine's own. */
export async function tidyLimits(
  limits: Limits,
  ended: readonly SandboxFolder[],
  running: ReadonlySet<string>,
): Promise<void> {
  const notes = ended.map(readRuntimeNote).filter((note) => note !== null)
  await Promise.all(notes.map((note) => adoptedLimits(note).close()))
  await limits.tidy(running)
}
