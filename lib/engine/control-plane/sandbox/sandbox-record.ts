/** What is kept of a sandbox on disk. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { defaultNetworkPolicy, networkPolicySchema, requestedNetworkPolicy } from '@/lib/process-api/network-policy'
import { type CreateSandboxRequest, lastStopSchema, type SandboxState } from '@/lib/process-api/sandbox'

/** Minutes. As in the reference: stop after 15 min idle, never deleted by itself. */
const defaults = { autoStopInterval: 15, autoArchiveInterval: 10_080, autoDeleteInterval: -1 }

/** What a sandbox is made from, and the resources that it has unless told otherwise: cores and GiB. */
export interface SandboxBasis {
  readonly name: string
  readonly cpu: number
  readonly memory: number
  readonly disk: number
}

/** The system of this machine with an empty home; resources as in the reference. */
export const defaultBasis: SandboxBasis = { name: 'default', cpu: 2, memory: 4, disk: 10 }

/** The one organization of a local engine; clients need an id and do nothing with it. */
export const organizationId = '00000000-0000-4000-8000-000000000001'
export const localTarget = 'local'
export const localClass = 'container'

const keptSandboxSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  snapshot: z.string(),
  env: z.record(z.string(), z.string()),
  /** Variables that every sandbox has and this one does not. */
  unsetEnv: z.array(z.string()).default([]),
  labels: z.record(z.string(), z.string()),
  public: z.boolean(),
  /** What it may reach. */
  network: networkPolicySchema,
  cpu: z.number(),
  memory: z.number(),
  disk: z.number(),
  autoStopInterval: z.number().int(),
  autoArchiveInterval: z.number().int(),
  autoDeleteInterval: z.number().int(),
  /** When it is deleted, whatever its state. */
  autoDestroyAt: z.string().nullable().default(null),
  desired: z.enum(['started', 'stopped', 'destroyed']),
  /** The preview token; new at each start. */
  authToken: z.string(),
  /** The sandbox of which it is a copy. */
  forkedFrom: z.uuid().nullable().default(null),
  /** With which clients sign links to files; null until the first asks for it. It outlives starts. */
  signingKey: z.string().nullable().default(null),
  /** Signed preview tokens that were taken back; each is kept for as long as it could count otherwise (Unix seconds). */
  revokedPreviews: z.array(z.object({ token: z.string(), until: z.number() })).default([]),
  createdAt: z.string(),
  updatedAt: z.string(),
  lastActivityAt: z.string(),
  /** Since when it is stopped; null while it is not. */
  stoppedAt: z.string().nullable(),
  /** Why it stopped last, or is being deleted. */
  lastStop: lastStopSchema.nullable().default(null),
})

/** Units as in the DTO: minutes, cores, GiB. `desired` is what a person asked for last. */
export const sandboxRecordSchema = z.preprocess(withNetwork, keptSandboxSchema)
export type SandboxRecord = z.infer<typeof sandboxRecordSchema>

/** Before there were policies, a record said only whether the network was blocked. */
function withNetwork(record: unknown): unknown {
  if (typeof record !== 'object' || record === null || !('networkBlockAll' in record)) return record
  const { networkBlockAll, ...rest } = record
  return { network: networkBlockAll ? { kind: 'none', allowList: [] } : defaultNetworkPolicy, ...rest }
}

/** A record for a create request that was checked already. */
export function newRecord(id: string, request: CreateSandboxRequest, basis = defaultBasis): SandboxRecord {
  return {
    id,
    name: request.name || id,
    snapshot: basis.name,
    env: request.env ?? {},
    unsetEnv: [],
    labels: request.labels ?? {},
    public: request.public ?? false,
    network: requestedNetworkPolicy(request) ?? defaultNetworkPolicy,
    cpu: request.cpu ?? basis.cpu,
    memory: request.memory ?? basis.memory,
    disk: request.disk ?? basis.disk,
    autoStopInterval: request.autoStopInterval ?? defaults.autoStopInterval,
    autoArchiveInterval: request.autoArchiveInterval ?? defaults.autoArchiveInterval,
    autoDeleteInterval: request.autoDeleteInterval ?? defaults.autoDeleteInterval,
    autoDestroyAt: destroyTime(request.ttlMinutes ?? 0),
    forkedFrom: null,
    ...freshStart(),
  }
}

/** A copy keeps everything but its identity: it does not outlive the time that the original was given either. */
export function forkedRecord(id: string, original: SandboxRecord, name: string | null): SandboxRecord {
  return { ...original, id, name: name || id, forkedFrom: original.id, ...freshStart() }
}

function freshStart(): Pick<
  SandboxRecord,
  | 'desired'
  | 'authToken'
  | 'signingKey'
  | 'revokedPreviews'
  | 'createdAt'
  | 'updatedAt'
  | 'lastActivityAt'
  | 'stoppedAt'
  | 'lastStop'
> {
  const now = new Date().toISOString()
  return {
    desired: 'started',
    authToken: newAuthToken(),
    signingKey: null,
    revokedPreviews: [],
    createdAt: now,
    updatedAt: now,
    lastActivityAt: now,
    stoppedAt: null,
    lastStop: null,
  }
}

/** When a time to live that begins now is over; 0 minutes are none. */
export function destroyTime(ttlMinutes: number): string | null {
  return ttlMinutes === 0 ? null : new Date(Date.now() + ttlMinutes * 60_000).toISOString()
}

/** 32 lower-case characters, as the reference makes them. */
export function newAuthToken(): string {
  return randomBytes(16).toString('hex')
}

/** A sandbox that could not be started can be tried again; its files are what they were. */
export function isRecoverable(state: SandboxState): boolean {
  return state === 'error'
}
