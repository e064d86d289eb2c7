import { findProgram } from '../launcher/prerequisites.mjs'
import { say, warn } from '../launcher/say.mjs'
import { aptInstall, hasApt } from './apt.mjs'

/**
 * Programs that the tests use, with their Debian packages. The debuggers are tried inside sandboxes, where the filter of
 * system calls must not block them; the examples of the documentation use jq, and its recipes for reverse proxies nginx and caddy.
 * @type {Record<string, string>}
 */
const packageOf = {
  bwrap: 'bubblewrap',
  slirp4netns: 'slirp4netns',
  gdb: 'gdb',
  strace: 'strace',
  jq: 'jq',
  nginx: 'nginx',
  caddy: 'caddy',
}

/** Install missing programs where that is possible. The tests run without them too, and then test less. */
export async function ensurePrograms() {
  const missing = Object.keys(packageOf).filter((program) => !findProgram(program))
  if (missing.length === 0) return
  const packages = Object.entries(packageOf).flatMap(([program, name]) => (missing.includes(program) ? [name] : []))
  if (hasApt()) {
    say(`Installing ${packages.join(' and ')}`)
    if (await aptInstall(packages)) return
  }
  warn(`${missing.join(' and ')} not found: the tests of isolated sandboxes and of examples cannot cover everything.`)
}
