/** How much this engine gives out at most: each ceiling has a setting, and a refusal that says which. */
import { statfsSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { ApiError } from '@/lib/process-api/errors'
import type { Resources } from '../../isolation/isolation'

export interface Ceilings {
  /** Sandboxes that exist, whatever their state. */
  readonly sandboxes: number
  /** Sandboxes that run or are to run. */
  readonly running: number
  readonly snapshots: number
  /** Of one sandbox: cores, and GiB. */
  readonly cpu: number
  readonly memory: number
  readonly disk: number
}

const gibibyte = 1024 ** 3

export const defaultCeilings = { sandboxes: 1_000, running: 200, snapshots: 200 } as const

/** What this machine has: no sandbox is promised more. */
export function machineCeilings(dataDir: string): Pick<Ceilings, 'cpu' | 'memory' | 'disk'> {
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
} as const satisfies Record<keyof Ceilings, string>

const counted = {
  sandboxes: ['sandboxes', 'delete one'],
  running: ['running sandboxes', 'stop one'],
  snapshots: ['snapshots', 'delete one'],
} as const

/** Throws `TOO_MANY_REQUESTS` where there are as many as there may be. */
export function requireBelow(ceilings: Ceilings, kind: keyof typeof counted, count: number): void {
  const limit = ceilings[kind]
  if (count < limit) return
  const [what, remedy] = counted[kind]
  throw new ApiError(
    'TOO_MANY_REQUESTS',
    `this engine has its most of ${limit} ${what} (${settings[kind]}); ${remedy}`,
    {
      limit,
    },
  )
}

const units = { cpu: 'cores', memory: 'GiB', disk: 'GiB' } as const

/** Throws `BAD_REQUEST` for more than the engine gives to one sandbox. What is not asked for is not checked. */
export function checkResources(ceilings: Ceilings, wanted: { [Name in keyof Resources]?: number | null | undefined }) {
  for (const name of ['cpu', 'memory', 'disk'] as const) {
    const limit = ceilings[name]
    if ((wanted[name] ?? 0) <= limit) continue
    throw new ApiError(
      'BAD_REQUEST',
      `${name} must be from 1 to ${limit} ${units[name]}: this engine gives a sandbox no more (${settings[name]})`,
      { field: name, limit },
    )
  }
}

/** Resources that nobody asked for in numbers, as far as this engine gives them. */
export function withinCeilings<Basis extends Resources>(ceilings: Ceilings, basis: Basis): Basis {
  const { cpu, memory, disk } = basis
  return {
    ...basis,
    cpu: Math.min(cpu, ceilings.cpu),
    memory: Math.min(memory, ceilings.memory),
    disk: Math.min(disk, ceilings.disk),
  }
}
