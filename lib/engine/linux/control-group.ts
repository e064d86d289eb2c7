/** Reads the control groups of one sandbox: its usage, its limits, and how often the limits were hit. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { CounterFile, numberIn } from './counter-file'

const folderSchema = z.string().nullable()

/** Folders of the controllers, as seen by the reader: the engine on the host, or the toolbox inside. Null: not controlled. */
export const controlGroupSchema = z.object({
  version: z.union([z.literal(1), z.literal(2)]),
  memory: folderSchema,
  cpu: folderSchema,
  /** Version 1 counts processor time in another controller than the one that limits it. */
  cpuacct: folderSchema,
  pids: folderSchema,
})
export type ControlGroup = z.infer<typeof controlGroupSchema>

export interface MemoryUse {
  /** Bytes, including cached files. */
  current: number
  /** The part that the kernel can reclaim immediately, in bytes. */
  cache: number
}

/** Version 1 expresses "no limit" as the maximum number of pages. */
const unlimited = 2 ** 62

/** How many processes the memory limit has killed so far. */
export function memoryKillsOf({ version, memory }: ControlGroup): CounterFile {
  const name = version === 2 ? 'memory.events' : 'memory.oom_control'
  return new CounterFile(memory === null ? null : path.join(memory, name), 'oom_kill')
}

/** How often the process limit prevented a fork. */
export function forkFailuresOf({ pids }: ControlGroup): CounterFile {
  return new CounterFile(pids === null ? null : path.join(pids, 'pids.events'), 'max')
}

export function readMemory({ version, memory }: ControlGroup): MemoryUse | null {
  if (memory === null) return null
  const names =
    version === 2
      ? { current: 'memory.current', cache: 'file', shared: 'shmem' }
      : { current: 'memory.usage_in_bytes', cache: 'total_cache', shared: 'total_shmem' }
  const current = readNumber(path.join(memory, names.current))
  const cache = readField(path.join(memory, 'memory.stat'), names.cache)
  if (current === null || cache === null) return null
  // Files in a tmpfs count as cache but cannot be reclaimed.
  const shared = readField(path.join(memory, 'memory.stat'), names.shared) ?? 0
  return { current, cache: Math.max(0, cache - shared) }
}

/** Memory limit of the group in bytes; null: no limit. */
export function readMemoryLimit({ version, memory }: ControlGroup): number | null {
  if (memory === null) return null
  return readNumber(path.join(memory, version === 2 ? 'memory.max' : 'memory.limit_in_bytes'))
}

/** Processor time that the group has used, in seconds. */
export function readCpuSeconds({ version, cpu, cpuacct }: ControlGroup): number | null {
  if (version === 2) {
    const used = cpu === null ? null : readField(path.join(cpu, 'cpu.stat'), 'usage_usec')
    return used === null ? null : used / 1e6
  }
  const used = cpuacct === null ? null : readNumber(path.join(cpuacct, 'cpuacct.usage'))
  return used === null ? null : used / 1e9
}

/** Limit of the group in cores; null: no limit. */
export function readCpuLimit({ version, cpu }: ControlGroup): number | null {
  if (cpu === null) return null
  if (version === 2) {
    const [quota, period] = (readText(path.join(cpu, 'cpu.max')) ?? '').split(' ').map(Number)
    return quota && period ? quota / period : null
  }
  const quota = readNumber(path.join(cpu, 'cpu.cfs_quota_us'))
  const period = readNumber(path.join(cpu, 'cpu.cfs_period_us'))
  return quota && period && quota > 0 ? quota / period : null
}

/** Maximum number of processes in the group; null: no limit. */
export function readProcessLimit({ pids }: ControlGroup): number | null {
  return pids === null ? null : readNumber(path.join(pids, 'pids.max'))
}

/** Null for `max`, for "no limit" and for an unreadable file. */
function readNumber(file: string): number | null {
  const text = readText(file)
  const number = text === null || !/^-?\d+$/.test(text) ? null : Number(text)
  return number === null || number >= unlimited ? null : number
}

/** The number in the line `name number`. */
function readField(file: string, name: string): number | null {
  const text = readText(file)
  return text === null ? null : numberIn(text, name)
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'latin1').trim()
  } catch {
    // Not every kernel has every file, and a removed group has none.
    return null
  }
}
