/** The limits of sandboxes that earlier engines launched, from the notes that they left. */

import type { SandboxFolder } from '../isolation'
import { findProgram } from '../programs'
import { type RuntimeNote, readRuntimeNote } from '../runtime-note'
import { GroupLimits } from './group-limits'
import { type Limits, type SandboxLimits, unlimited } from './limits'
import { SandboxRlimits } from './rlimits'

/** Whatever this engine would give to a new one: what is in force stays. */
export function limitsOf({ group, report }: Pick<RuntimeNote, 'group' | 'report'>): SandboxLimits {
  if (group) return new GroupLimits(group)
  const prlimit = findProgram('prlimit')
  if (report.limits?.by !== 'rlimits' || prlimit === null) return unlimited
  return new SandboxRlimits({ prlimit, processLimit: report.limits.processes })
}

/** Let go of the limits of those that have ended; their groups may be where only their notes say. */
export async function tidyLimits(
  limits: Limits,
  ended: readonly SandboxFolder[],
  running: ReadonlySet<string>,
): Promise<void> {
  const notes = ended.map(readRuntimeNote).filter((note) => note !== null)
  await Promise.all(notes.map((note) => limitsOf(note).close()))
  await limits.tidy(running)
}
