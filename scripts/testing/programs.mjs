import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findProgram } from '../launcher/prerequisites.mjs'
import { say, warn } from '../launcher/say.mjs'
import { aptInstall, aptUnpack, hasApt } from './apt.mjs'

/**
 * Programs that the tests use, with their Debian packages. The debuggers are tried inside sandboxes, where the filter of
 * system calls must not block them; the examples of the documentation use jq.
 * @type {Record<string, string>}
 */
const packageOf = {
  bwrap: 'bubblewrap',
  slirp4netns: 'slirp4netns',
  gdb: 'gdb',
  strace: 'strace',
  jq: 'jq',
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

/** Reverse proxies for the recipes of docs/proxies.md. They are unpacked, because their packages start services. */
const proxies = ['nginx', 'caddy']

/** Put nginx and Caddy into the PATH where that is possible. The tests of recipes are skipped without them. */
export async function ensureProxies() {
  const folder = path.join(process.env.XDG_CACHE_HOME ?? path.join(tmpdir(), 'sandglass-test-cache'), 'proxies')
  process.env.PATH += ['usr/sbin', 'usr/bin'].map((name) => `:${path.join(folder, name)}`).join('')
  const missing = proxies.filter((name) => !findProgram(name))
  if (missing.length === 0) return
  if (hasApt()) {
    say(`Unpacking ${missing.join(' and ')} into ${folder}`)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (await aptUnpack(missing, folder)) return
  }
  warn(`${missing.join(' and ')} not found: the recipes of docs/proxies.md are not tested.`)
}

/** Put asciinema, which exported recordings are checked with, into the PATH where that is possible. It is a Python program. */
export async function ensureAsciinema() {
  const folder = path.join(process.env.XDG_CACHE_HOME ?? path.join(tmpdir(), 'sandglass-test-cache'), 'asciinema')
  process.env.PATH += `:${path.join(folder, 'usr/bin')}`
  process.env.PYTHONPATH = [path.join(folder, 'usr/lib/python3/dist-packages'), process.env.PYTHONPATH]
    .filter(Boolean)
    .join(':')
  if (findProgram('asciinema')) return
  if (hasApt()) {
    say(`Unpacking asciinema into ${folder}`)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (await aptUnpack(['asciinema'], folder)) return
  }
  warn('asciinema not found: exported recordings are not played with it.')
}
