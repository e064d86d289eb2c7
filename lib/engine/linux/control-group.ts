/** The control groups of one sandbox as files: how much it uses, how much it may, and what its limits did to it. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

const folderSchema = z.string().nullable()

/** Where the files are, for whoever reads them: the engine on the host, or the toolbox inside. Null: not controlled. */
export const controlGroupSchema = z.object({
  version: z.union([z.literal(1), z.literal(2)]),
  memory: folderSchema,
  cpu: folderSchema,
  /** Version 1 counts processor time elsewhere than it limits it. */
  cpuacct: folderSchema,
  pids: folderSchema,
})
export type ControlGroup = z.infer<typeof controlGroupSchema>

export interface MemoryUse {
  /** Bytes, the files that the kernel keeps in memory for it included. */
  current: number
  /** Of those, what the kernel can take back at once. */
  cache: number
}

/** Version 1 says "no limit" with the largest number of pages. */
const unlimited = 2 ** 62

/** How many processes the memory limit has ended so far; null where that cannot be known. */
export function readMemoryKills({ version, memory }: ControlGroup): number | null {
  if (memory === null) return null
  return readField(path.join(memory, version === 2 ? 'memory.events' : 'memory.oom_control'), 'oom_kill')
}

/** How often a process could not be started because there were too many; null where that cannot be known. */
export function readForkFailures({ pids }: ControlGroup): number | null {
  return pids === null ? null : readField(path.join(pids, 'pids.events'), 'max')
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
  // What is in a tmpfs counts as cache, but has nowhere else to go.
  const kept = readField(path.join(memory, 'memory.stat'), names.shared) ?? 0
  return { current, cache: Math.max(0, cache - kept) }
}

/** Bytes of memory that everything in the group together may use; null: no limit. */
export function readMemoryLimit({ version, memory }: ControlGroup): number | null {
  if (memory === null) return null
  return readNumber(path.join(memory, version === 2 ? 'memory.max' : 'memory.limit_in_bytes'))
}

/** Seconds of processor time that everything in the group has used. */
export function readCpuSeconds({ version, cpu, cpuacct }: ControlGroup): number | null {
  if (version === 2) {
    const used = cpu === null ? null : readField(path.join(cpu, 'cpu.stat'), 'usage_usec')
    return used === null ? null : used / 1e6
  }
  const used = cpuacct === null ? null : readNumber(path.join(cpuacct, 'cpuacct.usage'))
  return used === null ? null : used / 1e9
}

/** Cores that the group may use; null: no limit. */
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

/** The most processes that the group may have; null: no limit. */
export function readProcessLimit({ pids }: ControlGroup): number | null {
  return pids === null ? null : readNumber(path.join(pids, 'pids.max'))
}

/** Null for `max`, for "no limit" and for a file that cannot be read. */
function readNumber(file: string): number | null {
  const text = readText(file)
  const number = text === null || !/^-?\d+$/.test(text) ? null : Number(text)
  return number === null || number >= unlimited ? null : number
}

/** A line `name number` of a file that has several. */
function readField(file: string, name: string): number | null {
  const text = readText(file)
  const found = text?.split('\n').find((line) => line.startsWith(`${name} `))
  return found === undefined ? null : Number(found.slice(name.length + 1))
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'latin1').trim()
  } catch {
    // Not every kernel has every file, and those of a group that was removed are gone.
    return null
  }
}
