/** Chooses the isolation for this host once, by creating a sandbox of each kind. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { release } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { log } from '@/lib/log/log'
import { findProgram } from '@/lib/settings/programs'
import { errorCode } from '../linux/spawn-error'
import { BubblewrapIsolation } from './bubblewrap'
import type { BubblewrapFeatures } from './bubblewrap-arguments'
import type { BubblewrapSetup } from './bubblewrap-setup'
import { findCertificates } from './certificates'
import type { Isolation } from './isolation'
import { type FoundLimits, type LimitsChoice, tryLimits } from './limits/choose-limits'
import { possibleNetworks } from './network/possible-networks'
import { PlainIsolation } from './plain'
import { probeBubblewrap } from './probe'
import { findRuntimes } from './runtimes'
import { chooseSeccomp } from './seccomp/choose'
import { readSystemView } from './system-view'
import { prepareToolboxNode } from './toolbox-node'

const run = promisify(execFile)

export type IsolationSetting = 'auto' | 'bubblewrap' | 'none'

export interface IsolationChoice {
  readonly setting: IsolationSetting
  readonly dataDir: string
  /** Folder of the toolbox's bundle. */
  readonly assetsDir: string
  readonly limits: LimitsChoice
}

/** `bubblewrap` was requested and does not work; the message is a plain sentence. */
export class IsolationUnavailable extends Error {}

/** Throws `IsolationUnavailable` only when `bubblewrap` is required. */
export async function chooseIsolation(choice: IsolationChoice): Promise<Isolation> {
  if (choice.setting === 'none') {
    return plain(
      choice,
      'SANDGLASS_ISOLATION is "none": programs run as plain processes of this machine\'s user, with all its files and its network.',
    )
  }
  const attempt = await tryBubblewrap(choice)
  if (attempt instanceof BubblewrapIsolation) return attempt
  if (choice.setting === 'bubblewrap') {
    throw new IsolationUnavailable(`SANDGLASS_ISOLATION is "bubblewrap", but ${attempt}.`)
  }
  return plain(
    choice,
    `There is no isolation, because ${attempt}: programs run as plain processes of this machine's user, with all its files and its network.`,
  )
}

async function plain({ dataDir, assetsDir, limits }: IsolationChoice, warning: string): Promise<Isolation> {
  return new PlainIsolation({
    runtimes: await findRuntimes([]),
    certificates: findCertificates(['/']),
    assetsDir,
    warnings: [warning],
    limits: (await tryLimits(limits, dataDir)).perUser,
  })
}

/** A working isolation, or the reason why there is none, as the middle of a sentence. */
async function tryBubblewrap({ dataDir, assetsDir, limits }: IsolationChoice): Promise<Isolation | string> {
  if (process.platform !== 'linux') return `bubblewrap requires Linux and this is ${process.platform}`
  const bwrap = findProgram('bwrap')
  if (!bwrap) return 'bubblewrap is not installed'
  const unshare = findProgram('unshare')
  if (!unshare) return 'the program "unshare" (package util-linux) is missing'

  const system = readSystemView()
  const hand = path.join(assetsDir, 'hand')
  if (!existsSync(hand)) return `the isolation does not support the processor ${process.arch}`
  const [help, runtimes, copy, foundLimits] = await Promise.all([
    readHelp(bwrap),
    findRuntimes(system.folders),
    copyNode(dataDir),
    tryLimits(limits, dataDir),
  ])
  const seccomp = chooseSeccomp(help)
  const visible = [...system.folders, ...system.etc.map((name) => `/etc/${name}`), ...runtimes.visible]
  const setup: BubblewrapSetup = {
    bwrap,
    unshare,
    setpriv: null,
    features: readFeatures(help),
    seccomp: seccomp.filter,
    system,
    runtimes,
    certificates: findCertificates(visible),
    node: copy ?? process.execPath,
    hand,
    assetsDir,
    helper: null,
    policing: null,
    networkProblem: null,
    warnings: [seccomp.weakness, copy === null ? readableNode : null].filter((text) => text !== null),
    limits: foundLimits.perUser,
  }
  const folder = await mkdtemp(path.join(dataDir, 'probe-'))
  try {
    return await firstThatWorks(setup, foundLimits, folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Try variants from the strictest to the weakest; each step down adds a warning. */
async function firstThatWorks(base: BubblewrapSetup, limits: FoundLimits, folder: string): Promise<Isolation | string> {
  let failure = 'bubblewrap does not work'
  for (const { weakness: userWeakness, ...user } of possibleUsers()) {
    const limitedBy = countsProcesses(user) ? limits.perSandbox : limits.perUser
    let reason: string | null = null
    for (const network of possibleNetworks()) {
      const { networkWeakness, ...capabilities } = network(reason)
      const setup = { ...base, ...user, ...capabilities, limits: limitedBy }
      const probe = await probeBubblewrap(setup, folder)
      if (!probe.works) {
        failure = `bubblewrap does not work here (${probe.reason})`
        reason = probe.reason
        continue
      }
      const more = [userWeakness, networkWeakness].filter((text) => text !== null)
      return new BubblewrapIsolation({ ...setup, warnings: [...base.warnings, ...more] })
    }
  }
  return failure
}

/**
 * Without control groups the kernel counts processes per user. Each sandbox has its own user when the engine is root, and
 * its own count in a user namespace since Linux 5.14. Root itself is never counted.
 */
function countsProcesses({ setpriv }: Pick<BubblewrapSetup, 'setpriv'>): boolean {
  if (process.getuid?.() === 0) return setpriv !== null
  const [major = 0, minor = 0] = release().split('.').map(Number)
  return major > 5 || (major === 5 && minor >= 14)
}

interface Weakness {
  weakness: string | null
}

/** As root, give each sandbox an ordinary user of the host, if such users can create namespaces. */
function possibleUsers(): Array<Pick<BubblewrapSetup, 'setpriv'> & Weakness> {
  if (process.getuid?.() !== 0) return [{ setpriv: null, weakness: null }]
  const asRoot = {
    setpriv: null,
    weakness:
      "Programs in this sandbox run as this machine's root user, without its privileges, because no other user can create namespaces here.",
  }
  const setpriv = findProgram('setpriv')
  return setpriv ? [{ setpriv, weakness: null }, asRoot] : [asRoot]
}

const readableNode =
  "Only the seccomp filter protects the toolbox's descriptors from programs in this sandbox, because node's binary cannot be made unreadable here."

async function copyNode(dataDir: string): Promise<string | null> {
  try {
    return await prepareToolboxNode(dataDir)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      log.warn(
        'The disk of the data directory has no space for the copy of node that toolboxes run from, about 100 MB.',
      )
    } else log.error({ err: error }, 'could not copy node for the toolboxes')
    return null
  }
}

async function readHelp(bwrap: string): Promise<string> {
  const { stdout, stderr } = await run(bwrap, ['--help'])
  return `${stdout}${stderr}`
}

function readFeatures(help: string): BubblewrapFeatures {
  const knows = (option: string) => help.includes(`${option} `)
  return { disableUserns: knows('--disable-userns'), perms: knows('--perms') }
}
