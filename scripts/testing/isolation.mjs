import { findProgram } from '../launcher/prerequisites.mjs'
import { say, warn } from '../launcher/say.mjs'
import { aptInstall, hasApt } from './apt.mjs'

/** The debuggers are tried inside, where the filter of system calls could be in their way. */
const packageOf = { bwrap: 'bubblewrap', slirp4netns: 'slirp4netns', gdb: 'gdb', strace: 'strace' }

/** Get what isolates sandboxes where that is possible; the tests run without it too, and then test less. */
export async function ensureIsolation() {
  const missing = Object.keys(packageOf).filter((program) => !findProgram(program))
  if (missing.length === 0) return
  const packages = missing.map((program) => packageOf[program])
  if (hasApt()) {
    say(`Installing ${packages.join(' and ')}`)
    if (await aptInstall(packages)) return
  }
  warn(`Without ${missing.join(' and ')} the tests of isolated sandboxes cannot cover everything.`)
}
