/** Which isolation this host can give. Found out once, by really making a sandbox of each kind. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { BubblewrapIsolation, type BubblewrapSetup } from './bubblewrap'
import type { BubblewrapFeatures } from './bubblewrap-arguments'
import { findCertificates } from './certificates'
import type { Isolation } from './isolation'
import { findNetworkHelpers, type NetworkHelper } from './network-helper'
import { PlainIsolation } from './plain'
import { type Probe, probeBubblewrap } from './probe'
import { findProgram } from './programs'
import { findRuntimes } from './runtimes'
import { readSystemView } from './system-view'
import { prepareToolboxNode } from './toolbox-node'

const run = promisify(execFile)

export type IsolationSetting = 'auto' | 'bubblewrap' | 'none'

export interface IsolationChoice {
  readonly setting: IsolationSetting
  readonly dataDir: string
  /** Folder of the toolbox's bundle. */
  readonly assetsDir: string
}

/** `bubblewrap` was asked for and does not work; the message is a plain sentence. */
export class IsolationUnavailable extends Error {}

/** Throws `IsolationUnavailable` only when `bubblewrap` is demanded. */
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

async function plain({ assetsDir }: IsolationChoice, warning: string): Promise<Isolation> {
  const runtimes = await findRuntimes([])
  return new PlainIsolation({ runtimes, certificates: findCertificates(['/']), assetsDir, warnings: [warning] })
}

/** A working isolation, or why there is none: the middle of a sentence. */
async function tryBubblewrap({ dataDir, assetsDir }: IsolationChoice): Promise<Isolation | string> {
  if (process.platform !== 'linux') return `bubblewrap exists for Linux only and this is ${process.platform}`
  const bwrap = findProgram('bwrap')
  if (!bwrap) return 'bubblewrap is not installed'
  const unshare = findProgram('unshare')
  if (!unshare) return 'the program "unshare" (package util-linux) is missing'

  const system = readSystemView()
  const [features, runtimes, copy] = await Promise.all([
    readFeatures(bwrap),
    findRuntimes(system.folders),
    copyNode(dataDir),
  ])
  const visible = [...system.folders, ...system.etc.map((name) => `/etc/${name}`), ...runtimes.visible]
  const setup: BubblewrapSetup = {
    bwrap,
    unshare,
    setpriv: null,
    features,
    system,
    runtimes,
    certificates: findCertificates(visible),
    node: process.execPath,
    assetsDir,
    helper: null,
    warnings: [],
  }
  const folder = await mkdtemp(path.join(dataDir, 'probe-'))
  try {
    return await firstThatWorks(setup, copy, folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** From the tightest variant to the loosest; each step down adds the sentence that a person must see. */
async function firstThatWorks(base: BubblewrapSetup, copy: string | null, folder: string): Promise<Isolation | string> {
  const isRoot = process.getuid?.() === 0
  const setpriv = isRoot ? findProgram('setpriv') : null
  const users: Array<Pick<BubblewrapSetup, 'setpriv'> & Weakness> = [
    { setpriv, weakness: isRoot && !setpriv ? keptRoot : null },
  ]
  if (setpriv) users.push({ setpriv: null, weakness: keptRoot })
  const nodes: Array<Pick<BubblewrapSetup, 'node'> & Weakness> = [{ node: process.execPath, weakness: readableToolbox }]
  if (copy !== null) nodes.unshift({ node: copy, weakness: null })

  let failure = 'bubblewrap does not work'
  for (const { weakness: userWeakness, ...user } of users) {
    for (const { weakness: nodeWeakness, ...node } of nodes) {
      const setup = { ...base, ...user, ...node }
      const basic = await probeBubblewrap(setup, folder)
      if (!basic.works) {
        failure = `bubblewrap does not work here (${basic.reason})`
        continue
      }
      if (nodeWeakness === null && !basic.toolboxIsHidden) continue
      const network = await findWorkingHelper(setup, folder)
      const warnings = [userWeakness, nodeWeakness, network.warning].filter((text) => text !== null)
      return new BubblewrapIsolation({ ...setup, helper: network.helper, warnings })
    }
  }
  return failure
}

interface Weakness {
  weakness: string | null
}

const keptRoot =
  "Programs in this sandbox run as this machine's root user without its privileges, because no other user can make namespaces here."
const readableToolbox =
  "Programs in this sandbox can look into the toolbox that runs beside them, because node's binary cannot be hidden here."

async function findWorkingHelper(
  setup: BubblewrapSetup,
  folder: string,
): Promise<{ helper: NetworkHelper | null; warning: string | null }> {
  const helpers = findNetworkHelpers()
  let last: Probe | null = null
  for (const helper of helpers) {
    last = await probeBubblewrap({ ...setup, helper }, folder)
    if (last.works) return { helper, warning: null }
  }
  const why = last && !last.works ? `slirp4netns does not work here (${last.reason})` : 'slirp4netns is not installed'
  return {
    helper: null,
    warning: `The network is shared with this machine, its loopback included, because ${why}.`,
  }
}

async function copyNode(dataDir: string): Promise<string | null> {
  try {
    return await prepareToolboxNode(dataDir)
  } catch (error) {
    console.error('the copy of node for toolboxes could not be made:', error)
    return null
  }
}

async function readFeatures(bwrap: string): Promise<BubblewrapFeatures> {
  const { stdout, stderr } = await run(bwrap, ['--help'])
  const knows = (option: string) => `${stdout}${stderr}`.includes(`${option} `)
  return { disableUserns: knows('--disable-userns'), perms: knows('--perms') }
}
