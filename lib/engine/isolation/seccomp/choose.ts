/** Whether sandboxes of this machine get the filter of system calls. */
import { existsSync } from 'node:fs'
import { seccompFilter } from './filter'

/** There since Linux 4.14, where the kernel is built with filters. */
const kernelMark = '/proc/sys/kernel/seccomp/actions_avail'

export type SeccompChoice =
  | { readonly filter: Buffer; readonly weakness: null }
  /** One sentence that a person must see. */
  | { readonly filter: null; readonly weakness: string }

/**
 * The filter, or why there is none.
 * @param bwrapHelp what `bwrap --help` prints
 * @param machine its processor as Node names it, and whether its kernel can filter
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
