/** Writes limits into control groups of either version. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type ControlGroup, readMemory, readMemoryLimit } from '../../linux/control-group'
import { gibibyte, LimitError } from './limits'

/** Microseconds; the kernel's default. */
const cpuPeriod = 100_000
/** The maximum quota in version 1, in microseconds. */
const maxQuota = 2 ** 44 / 1000

export type Controller = Exclude<keyof ControlGroup, 'version'>
export const controllers: readonly Controller[] = ['memory', 'cpu', 'cpuacct', 'pids']

/** The folders of a group, without duplicates: in version 2 all are the same. */
export function foldersOf(group: ControlGroup): string[] {
  return [...new Set(controllers.map((name) => group[name]).filter((folder) => folder !== null))]
}

/** A child group. */
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
 * Limit memory and swap together. Throws a `LimitError` when more is in use: the user decides which programs to end.
 */
export function writeMemoryLimit(group: ControlGroup, gib: number): void {
  if (group.memory === null) return
  const bytes = Math.round(gib * gibibyte)
  const inUse = new LimitError(
    `The sandbox currently uses more than ${gib} GiB of memory; end some of its programs first.`,
  )
  const use = readMemory(group)
  if (use && use.current - use.cache > bytes) throw inUse
  if (group.version === 2) {
    writeFile(path.join(group.memory, 'memory.max'), String(bytes))
    // Swap must not extend the limit.
    const swap = path.join(group.memory, 'memory.swap.max')
    if (existsSync(swap)) writeFile(swap, '0')
  } else {
    writeFirstVersionMemory(group.memory, bytes, readMemoryLimit(group) ?? Number.POSITIVE_INFINITY, inUse)
  }
}

function writeFirstVersionMemory(folder: string, bytes: number, before: number, inUse: LimitError): void {
  // Socket buffers are counted separately, against one limit of the whole machine.
  const sockets = path.join(folder, 'memory.kmem.tcp.limit_in_bytes')
  if (existsSync(sockets)) writeFile(sockets, String(Math.floor(bytes / 4)))
  // Memory alone must never exceed memory plus swap, which not every kernel counts.
  const both = 'memory.memsw.limit_in_bytes'
  const order = ['memory.limit_in_bytes', ...(existsSync(path.join(folder, both)) ? [both] : [])]
  try {
    for (const name of before < bytes ? order.reverse() : order) writeFile(path.join(folder, name), String(bytes))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EBUSY') throw inUse
    throw error
  }
}

export function writeCpuLimit({ version, cpu }: ControlGroup, cores: number): void {
  if (cpu === null) return
  const quota = Math.min(Math.round(cores * cpuPeriod), maxQuota)
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

/** The pids of all processes in a group. */
export function membersOf(group: ControlGroup): number[] {
  return [...new Set(foldersOf(group).flatMap((folder) => pidsIn(path.join(folder, 'cgroup.procs'))))]
}

/** Writes a file of the kernel, which must exist: creating one would hide a mistake. */
export function writeFile(file: string, text: string): void {
  writeFileSync(file, `${text}\n`, { flag: 'r+' })
}

function pidsIn(file: string): number[] {
  try {
    // 0 stands for a process in another PID namespace.
    return readFileSync(file, 'latin1')
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 0)
  } catch {
    // The group was removed, so it has no processes.
    return []
  }
}
