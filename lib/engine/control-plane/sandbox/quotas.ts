/** Upper limits of this engine. Each one has a setting, and the error names that setting. */
import { statfsSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { ApiError } from '@/lib/process-api/errors'
import type { Resources } from '../../isolation/isolation'

export interface Quotas {
  /** Existing sandboxes, in any state. */
  readonly sandboxes: number
  /** Sandboxes that run or are about to run. */
  readonly running: number
  readonly snapshots: number
  /** Per sandbox: cores, then GiB. */
  readonly cpu: number
  readonly memory: number
  readonly disk: number
}

const gibibyte = 1024 ** 3

/** The size of this machine: no sandbox may be promised more. */
export function machineQuotas(dataDir: string): Pick<Quotas, 'cpu' | 'memory' | 'disk'> {
  const constrained = process.constrainedMemory()
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  const { blocks, bsize } = statfsSync(dataDir)
  return {
    cpu: Math.max(1, availableParallelism()),
    memory: Math.max(1, Math.ceil(memory / gibibyte)),
    disk: Math.max(1, Math.ceil((blocks * bsize) / gibibyte)),
  }
}

const settings = {
  sandboxes: 'SANDGLASS_MAX_SANDBOXES',
  running: 'SANDGLASS_MAX_RUNNING',
  snapshots: 'SANDGLASS_MAX_SNAPSHOTS',
  cpu: 'SANDGLASS_MAX_CPU',
  memory: 'SANDGLASS_MAX_MEMORY',
  disk: 'SANDGLASS_MAX_DISK',
} as const satisfies Record<keyof Quotas, string>

const countedItems = {
  sandboxes: ['sandboxes', 'delete one'],
  running: ['running sandboxes', 'stop one'],
  snapshots: ['snapshots', 'delete one'],
} as const

/** Throws `TOO_MANY_REQUESTS` when the quota is used up. */
export function requireQuota(quotas: Quotas, kind: keyof typeof countedItems, count: number): void {
  const limit = quotas[kind]
  if (count < limit) return
  const [what, remedy] = countedItems[kind]
  throw new ApiError(
    'TOO_MANY_REQUESTS',
    `this engine has reached its limit of ${limit} ${what} (${settings[kind]}); ${remedy}`,
    { limit },
  )
}

const units = { cpu: 'cores', memory: 'GiB', disk: 'GiB' } as const

/** Throws `BAD_REQUEST` when a resource exceeds the limit per sandbox. Absent fields are not checked. */
export function checkResources(quotas: Quotas, requested: { [Name in keyof Resources]?: number | null | undefined }) {
  for (const name of ['cpu', 'memory', 'disk'] as const) {
    const limit = quotas[name]
    if ((requested[name] ?? 0) <= limit) continue
    throw new ApiError(
      'BAD_REQUEST',
      `${name} must be from 1 to ${limit} ${units[name]}, the limit for one sandbox on this engine (${settings[name]})`,
      { field: name, limit },
    )
  }
}

/** Reduce default resources to what this engine allows. */
export function withinQuotas<Basis extends Resources>(quotas: Quotas, basis: Basis): Basis {
  const { cpu, memory, disk } = basis
  return {
    ...basis,
    cpu: Math.min(cpu, quotas.cpu),
    memory: Math.min(memory, quotas.memory),
    disk: Math.min(disk, quotas.disk),
  }
}
