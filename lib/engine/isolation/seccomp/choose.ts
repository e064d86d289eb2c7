/** Decides whether sandboxes of this machine use the seccomp filter. */
import { existsSync } from 'node:fs'
import { seccompFilter } from './filter'

/** Exists since Linux 4.14 if the kernel supports filters. */
const kernelMark = '/proc/sys/kernel/seccomp/actions_avail'

export type SeccompChoice =
  | { readonly filter: Buffer; readonly weakness: null }
  /** A warning for the user, as one sentence. */
  | { readonly filter: null; readonly weakness: string }

/**
 * The filter, or the reason why there is none.
 * @param bwrapHelp the output of `bwrap --help`
 * @param machine its processor as Node names it, and whether its kernel supports filters
 */
export function chooseSeccomp(
  bwrapHelp: string,
  machine = { architecture: process.arch as string, kernelFilters: existsSync(kernelMark) },
): SeccompChoice {
  const filter = seccompFilter(machine.architecture)
  if (!filter) return without(`there is no filter for its processor (${machine.architecture})`)
  if (!bwrapHelp.includes('--seccomp ')) return without('the installed bubblewrap cannot set a filter')
  if (!machine.kernelFilters) return without("the machine's kernel is built without filters")
  return { filter, weakness: null }
}

function without(reason: string): SeccompChoice {
  return {
    filter: null,
    weakness: `Programs in this sandbox may make every system call of this machine's kernel, because ${reason}.`,
  }
}
