/** Finds control groups that work on this host, by creating one, writing to it and moving a process into it. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import path from 'node:path'
import type { ControlGroup } from '../../linux/control-group'
import { ControlGroups, groupNameOf } from './control-groups'
import { type GroupFolder, readGroupFolders } from './group-folders'
import { GroupLimits } from './group-limits'
import { childOf, controllers, foldersOf, membersOf, writeFile } from './group-writes'

/** For processes that shared a group with this engine, since in version 2 a group has either processes or limits. */
const hostGroup = 'sandglass-host'

/**
 * Control groups that work here, or the reason why there are none, as the middle of a sentence.
 * @param processLimit maximum number of processes per sandbox
 */
export async function tryControlGroups(dataDir: string, processLimit: number): Promise<ControlGroups | string> {
  if (process.platform !== 'linux') return `control groups require Linux and this is ${process.platform}`
  const { unified, byController } = readGroupFolders()
  const name = groupNameOf(dataDir)
  let failure = 'this machine has none'
  if (unified && ancestors(unified).some(({ folder }) => hasMemory(folder))) {
    for (const claim of [claimInPlace, claimBySharing]) {
      try {
        const base = claim(unified, name)
        if (base) return await verified(base, processLimit)
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
    return await verified(claimFirstVersion(byController, name), processLimit)
  } catch (error) {
    return reasonOf(error)
  }
}

/** In version 1 any group may have both processes and children, in each hierarchy. */
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

/** A group below the own one, if that has no other processes (or is the root), else below the best ancestor. */
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

/** The ancestors of the own group, nearest first. The own group comes before them, only for its limit. */
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
  /** Controllers that are enabled for its children. They are left as they are, because others use them too. */
  enabled: readonly string[]
  /** It has its own memory limit, which a group further up would bypass. */
  isLimited: boolean
}

/** The nearest group that can limit memory, CPU and processes, else the nearest that can limit memory. */
export function bestParent(nearestFirst: readonly PossibleParent[]): string | null {
  const limited = nearestFirst.findIndex((it) => it.isLimited)
  const reachable = limited < 0 ? nearestFirst : nearestFirst.slice(0, limited + 1)
  const forAll = reachable.find(({ enabled }) => ['memory', 'cpu', 'pids'].every((name) => enabled.includes(name)))
  return (forAll ?? reachable.find(({ enabled }) => enabled.includes('memory')))?.folder ?? null
}

/** Move all processes of this process's group into a child, as in a container that runs nothing else. */
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

/** Enable controllers for the children of a group. Throws when not permitted, and when processes are in the group. */
function divide(folder: string): boolean {
  // Memory first: it is refused when processes are in the group. The other controllers would be accepted and turn the
  // group into a threaded one, whose children cannot have processes.
  const enabling = controllers.filter((name) => available(folder).includes(name))
  for (const name of enabling.filter((it) => !enabled(folder).includes(it))) {
    try {
      writeFile(path.join(folder, 'cgroup.subtree_control'), `+${name}`)
    } catch (error) {
      // Real-time processes can block the CPU controller; memory can still be limited.
      if (name === 'memory') throw error
    }
  }
  return enabling.includes('memory')
}

/** Throws the reason when the groups do not work. */
async function verified(base: ControlGroup, processLimit: number): Promise<ControlGroups> {
  const groups = new ControlGroups(base, processLimit)
  const trial = new GroupLimits(childOf(base, randomUUID()))
  try {
    if (base.memory === null) throw new Error('memory cannot be limited')
    trial.make(processLimit)
    await trial.apply({ memory: 1, cpu: 1, disk: 1 })
    const [program = '', ...args] = trial.wrap(['cat', '/proc/self/cgroup'])
    const entered = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    if (!entered.includes(path.basename(trial.group.memory ?? ''))) throw new Error('a process could not enter a group')
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
    // An exited process need not be moved.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function asGroup(folder: string): ControlGroup {
  return { version: 2, memory: folder, cpu: null, cpuacct: null, pids: null }
}

function available(folder: string): string[] {
  return words(path.join(folder, 'cgroup.controllers'))
}

/** The root group has no such file. */
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
  if (code === 'EACCES' || code === 'EPERM') return 'the user of the engine may not create control groups'
  if (code === 'EROFS') return 'control groups are read-only here'
  return error.message.split('\n')[0] ?? error.message
}
