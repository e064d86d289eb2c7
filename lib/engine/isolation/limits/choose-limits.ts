/** Which limits this host can give: control groups where they can be made, else limits of single processes. */
import { findProgram } from '../programs'
import { type Limits, NoLimits } from './limits'
import { Rlimits } from './rlimits'
import { tryControlGroups } from './try-control-groups'

export interface LimitsChoice {
  /** `none`: nothing is limited, by a person's wish. */
  readonly setting: 'auto' | 'none'
  /** Most processes of one sandbox. */
  readonly processLimit: number
}

/** The same where there are control groups; without them it depends on the isolation what processes are counted by. */
export interface FoundLimits {
  readonly perSandbox: Limits
  readonly perUser: Limits
}

export async function tryLimits({ setting, processLimit }: LimitsChoice, dataDir: string): Promise<FoundLimits> {
  if (setting === 'none') return both(new NoLimits('SANDGLASS_LIMITS is "none".'))
  const groups = await tryControlGroups(dataDir, processLimit)
  if (typeof groups !== 'string') return both(groups)
  const message = `There are no control groups for sandboxes, because ${groups}.`
  const prlimit = findProgram('prlimit')
  if (prlimit === null)
    return both(new NoLimits(`${message} The program "prlimit" (package util-linux) is missing, too.`))
  return {
    perSandbox: new Rlimits({ prlimit, message, processLimit }),
    perUser: new Rlimits({ prlimit, message, processLimit: null }),
  }
}

function both(limits: Limits): FoundLimits {
  return { perSandbox: limits, perUser: limits }
}
