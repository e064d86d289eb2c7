/** Writing limits into control groups of either version. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type ControlGroup, readMemory, readMemoryLimit } from '../../linux/control-group'
import { gibibyte, LimitError } from './limits'

/** Microseconds, as the kernel has it by default. */
const cpuPeriod = 100_000
/** The kernel takes no longer quota than this many microseconds in version 1. */
const longestQuota = 2 ** 44 / 1000

export type Controller = Exclude<keyof ControlGroup, 'version'>
export const controllers: readonly Controller[] = ['memory', 'cpu', 'cpuacct', 'pids']

/** The folders of a group, each once: in version 2 they are one. */
export function foldersOf(group: ControlGroup): string[] {
  return [...new Set(controllers.map((name) => group[name]).filter((folder) => folder !== null))]
}

/** The group of that name below a group. */
export function childOf(parent: ControlGroup, name: string): ControlGroup {
  const below = (folder: string | null) => (folder === null ? null : path.join(folder, name))
  const { memory, cpu, cpuacct, pids } = parent
  return {
    version: parent.version,
    memory: below(memory),
    cpu: below(cpu),
    cpuacct: below(cpuacct),
    pids: below(pids),
  }
}

/**
 * Limit memory and swap together. Throws a `LimitError` where more than that is in use, which only ending something
 * could change: a person decides what.
 */
export function writeMemoryLimit(group: ControlGroup, gib: number): void {
  if (group.memory === null) return
  const bytes = Math.round(gib * gibibyte)
  const inUse = new LimitError(`The sandbox uses more than ${gib} GiB of memory now; end something in it first.`)
  const use = readMemory(group)
  if (use && use.current - use.cache > bytes) throw inUse
  const write = (name: string) => writeFile(path.join(group.memory ?? '', name), String(bytes))
  if (group.version === 2) {
    write('memory.max')
    // What may not stay in memory is not to live on in the swap either.
    const swap = path.join(group.memory, 'memory.swap.max')
    if (existsSync(swap)) writeFile(swap, '0')
    return
  }
  // What sockets hold is counted apart, against one limit of the whole machine.
  const sockets = path.join(group.memory, 'memory.kmem.tcp.limit_in_bytes')
  if (existsSync(sockets)) writeFile(sockets, String(Math.floor(bytes / 4)))
  // Memory alone may never be allowed more than both together, which not every kernel counts.
  const both = 'memory.memsw.limit_in_bytes'
  const order = ['memory.limit_in_bytes', ...(existsSync(path.join(group.memory, both)) ? [both] : [])]
  const isRaised = (readMemoryLimit(group) ?? Number.POSITIVE_INFINITY) < bytes
  try {
    for (const name of isRaised ? order.reverse() : order) write(name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EBUSY') throw inUse
    throw error
  }
}

export function writeCpuLimit({ version, cpu }: ControlGroup, cores: number): void {
  if (cpu === null) return
  const quota = Math.min(Math.round(cores * cpuPeriod), longestQuota)
  if (version === 2) {
    writeFile(path.join(cpu, 'cpu.max'), `${quota} ${cpuPeriod}`)
  } else {
    writeFile(path.join(cpu, 'cpu.cfs_period_us'), String(cpuPeriod))
    writeFile(path.join(cpu, 'cpu.cfs_quota_us'), String(quota))
  }
}

export function writeProcessLimit({ pids }: ControlGroup, count: number): void {
  if (pids !== null) writeFile(path.join(pids, 'pids.max'), String(count))
}

/** Everything that runs in a group, by pid. */
export function membersOf(group: ControlGroup): number[] {
  return [...new Set(foldersOf(group).flatMap((folder) => pidsIn(path.join(folder, 'cgroup.procs'))))]
}

/** The kernel's files exist already; making one would hide a mistake. */
export function writeFile(file: string, text: string): void {
  writeFileSync(file, `${text}\n`, { flag: 'r+' })
}

function pidsIn(file: string): number[] {
  try {
    // 0 stands for a process of another PID namespace.
    return readFileSync(file, 'latin1')
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 0)
  } catch {
    // The group is gone, and what was in it with it.
    return []
  }
}
