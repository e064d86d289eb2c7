/** Control groups that work on this host. Found out by really making one, writing into it and moving a process there. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import path from 'node:path'
import type { ControlGroup } from '../../linux/control-group'
import { ControlGroups, groupNameOf } from './control-groups'
import { type GroupFolder, readGroupFolders } from './group-folders'
import { GroupLimits } from './group-limits'
import { childOf, controllers, foldersOf, membersOf, writeFile } from './group-writes'

/** The group for what shared a group with this engine, where version 2 lets a group have either processes or limits. */
const hostGroup = 'sandglass-host'

/**
 * Control groups that work here, or why there are none: the middle of a sentence.
 * @param processLimit most processes of one sandbox
 */
export async function tryControlGroups(dataDir: string, processLimit: number): Promise<ControlGroups | string> {
  if (process.platform !== 'linux') return `control groups exist on Linux only and this is ${process.platform}`
  const { unified, byController } = readGroupFolders()
  const name = groupNameOf(dataDir)
  let failure = 'this machine has none'
  if (unified && ancestors(unified).some(({ folder }) => hasMemory(folder))) {
    for (const claim of [claimInPlace, claimBySharing]) {
      try {
        const base = claim(unified, name)
        if (base) return await proven(base, processLimit)
        failure = `the control group ${unified.own} cannot be divided`
      } catch (error) {
        failure = reasonOf(error)
      }
    }
    return failure
  }
  const memory = byController.get('memory')
  if (!memory) return unified ? `the control group ${unified.own} may not limit memory` : failure
  try {
    return await proven(claimFirstVersion(byController, name), processLimit)
  } catch (error) {
    return reasonOf(error)
  }
}

/** In version 1 any group may have both processes and groups, in each of the hierarchies. */
function claimFirstVersion(byController: ReadonlyMap<string, GroupFolder>, name: string): ControlGroup {
  const own = (controller: string) => byController.get(controller)?.own ?? null
  const parent: ControlGroup = {
    version: 1,
    memory: own('memory'),
    cpu: own('cpu'),
    cpuacct: own('cpuacct'),
    pids: own('pids'),
  }
  const base = childOf(parent, name)
  for (const folder of foldersOf(base)) mkdirSync(folder, { recursive: true })
  return base
}

/** A group below the own one where nothing else is in that (or it is the root), else below the best one above it. */
function claimInPlace(place: GroupFolder, name: string): ControlGroup | null {
  let failure: unknown = null
  for (const folder of [place.own, bestParent(ancestors(place))]) {
    if (folder === null) continue
    try {
      if (folder !== place.own || divide(folder)) return claimBelow(folder, name)
    } catch (error) {
      failure ??= error
    }
  }
  if (failure) throw failure
  return null
}

/** The groups above the own one, the nearest first; the own one stands before them for its limit alone. */
function ancestors({ mount, own }: GroupFolder): PossibleParent[] {
  const found: PossibleParent[] = [{ folder: own, enabled: [], isLimited: isLimited(own) }]
  for (let folder = own; folder !== mount; ) {
    folder = path.dirname(folder)
    found.push({ folder, enabled: enabled(folder), isLimited: isLimited(folder) })
  }
  return found
}

export interface PossibleParent {
  folder: string
  /** What the groups below it can be limited in, as things are. Nothing of that is changed for others. */
  enabled: readonly string[]
  /** It has a memory limit of its own: what is put above it would get around that. */
  isLimited: boolean
}

/** The nearest in which memory, processors and processes can be limited, else the nearest for memory alone. */
export function bestParent(nearestFirst: readonly PossibleParent[]): string | null {
  const limited = nearestFirst.findIndex((it) => it.isLimited)
  const reachable = limited < 0 ? nearestFirst : nearestFirst.slice(0, limited + 1)
  const forAll = reachable.find(({ enabled }) => ['memory', 'cpu', 'pids'].every((name) => enabled.includes(name)))
  return (forAll ?? reachable.find(({ enabled }) => enabled.includes('memory')))?.folder ?? null
}

/** All that shares the group of this process moves into a part of it, as in a container that runs nothing else. */
function claimBySharing({ own }: GroupFolder, name: string): ControlGroup | null {
  const host = path.join(own, hostGroup)
  const before = membersOf(asGroup(own))
  mkdirSync(host, { recursive: true })
  try {
    for (const pid of before) move(pid, host)
    if (divide(own)) return claimBelow(own, name)
  } catch (error) {
    for (const pid of membersOf(asGroup(host))) move(pid, own)
    rmdirSync(host)
    throw error
  }
  return null
}

function claimBelow(parent: string, name: string): ControlGroup {
  const folder = path.join(parent, name)
  mkdirSync(folder, { recursive: true })
  divide(folder)
  const has = (controller: string) => (enabled(folder).includes(controller) ? folder : null)
  return { version: 2, memory: has('memory'), cpu: has('cpu'), cpuacct: null, pids: has('pids') }
}

/** Let the groups below a group be limited. Throws where it may not be, and where processes are in it. */
function divide(folder: string): boolean {
  // Memory first: it is refused where processes are in the group. The others would be taken there, and make of the group
  // one in whose parts no process may be.
  const wanted = controllers.filter((name) => available(folder).includes(name))
  for (const name of wanted.filter((it) => !enabled(folder).includes(it))) {
    try {
      writeFile(path.join(folder, 'cgroup.subtree_control'), `+${name}`)
    } catch (error) {
      // Real-time processes keep the processors to themselves; memory can be limited all the same.
      if (name === 'memory') throw error
    }
  }
  return wanted.includes('memory')
}

/** Throws with what does not work. */
async function proven(base: ControlGroup, processLimit: number): Promise<ControlGroups> {
  const groups = new ControlGroups(base, processLimit)
  const trial = new GroupLimits(childOf(base, randomUUID()))
  try {
    if (base.memory === null) throw new Error('memory cannot be limited')
    trial.make(processLimit)
    await trial.apply({ memory: 1, cpu: 1, disk: 1 })
    const [program = '', ...args] = trial.wrap(['cat', '/proc/self/cgroup'])
    const entered = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    if (!entered.includes(path.basename(trial.group.memory ?? '')))
      throw new Error('a process did not get into a group')
    await trial.close()
    return groups
  } catch (error) {
    await trial.close()
    groups.release()
    throw error
  }
}

function move(pid: number, folder: string): void {
  try {
    writeFile(path.join(folder, 'cgroup.procs'), String(pid))
  } catch (error) {
    // One that has ended needs no move.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function asGroup(folder: string): ControlGroup {
  return { version: 2, memory: folder, cpu: null, cpuacct: null, pids: null }
}

function available(folder: string): string[] {
  return words(path.join(folder, 'cgroup.controllers'))
}

/** The root has no such file. */
function isLimited(folder: string): boolean {
  const file = path.join(folder, 'memory.max')
  return existsSync(file) && words(file)[0] !== 'max'
}

function hasMemory(folder: string): boolean {
  return available(folder).includes('memory')
}

function enabled(folder: string): string[] {
  return words(path.join(folder, 'cgroup.subtree_control'))
}

function words(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'latin1').trim().split(/\s+/) : []
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : null
  if (code === 'EACCES' || code === 'EPERM') return 'the user of the engine may not make control groups'
  if (code === 'EROFS') return 'control groups are read-only here'
  return error.message.split('\n')[0] ?? error.message
}
