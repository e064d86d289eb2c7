/** Chooses the limits that this host supports: control groups, or else limits of single processes. */
import { spawn } from 'node:child_process'
import { findProgram } from '@/lib/settings/programs'
import { type Limits, NoLimits } from './limits'
import { Rlimits, setLimits } from './rlimits'
import { tryControlGroups } from './try-control-groups'

/** More than the trial process needs. */
const trialBytes = 1024 ** 3

export interface LimitsChoice {
  /** `none`: no limits, as set by the administrator. */
  readonly setting: 'auto' | 'none'
  /** Maximum number of processes per sandbox. */
  readonly processLimit: number
}

/** Without control groups, the isolation decides whether processes are counted per sandbox or per user. */
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
  if (!(await mayLimitOthers(prlimit)))
    return both(new NoLimits(`${message} Nor may this engine limit the processes of another user (CAP_SYS_RESOURCE).`))
  return {
    perSandbox: new Rlimits({ prlimit, message, processLimit }),
    perUser: new Rlimits({ prlimit, message, processLimit: null }),
  }
}

/** Sandboxes of root run as other users, and root of a container may not be allowed to limit their processes. */
async function mayLimitOthers(prlimit: string): Promise<boolean> {
  const nobodyId = 65_534
  const user = process.getuid?.() === 0 ? { uid: nobodyId, gid: nobodyId } : {}
  // Waits for end-of-file on stdin, or for the kill below.
  const trial = spawn('/bin/cat', [], { cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], ...user })
  trial.on('error', () => {})
  trial.stdin.on('error', () => {})
  try {
    if (trial.pid === undefined) return false
    await setLimits(prlimit, { memory: trialBytes, processes: null }, [trial.pid])
    return true
  } catch {
    // Not allowed.
    return false
  } finally {
    trial.kill('SIGKILL')
  }
}

function both(limits: Limits): FoundLimits {
  return { perSandbox: limits, perUser: limits }
}
