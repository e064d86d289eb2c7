/** What the disk stores of a sandbox. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { defaultNetworkPolicy, networkPolicySchema, requestedNetworkPolicy } from '@/lib/process-api/network-policy'
import { type CreateSandboxRequest, lastStopSchema, type SandboxState } from '@/lib/process-api/sandbox'

/** Minutes. As in the reference: stop after 15 idle minutes, never delete automatically. */
const defaults = { autoStopInterval: 15, autoArchiveInterval: 10_080, autoDeleteInterval: -1 }

/** What a sandbox is created from, with its default resources: cores and GiB. */
export interface SandboxTemplate {
  readonly name: string
  readonly cpu: number
  readonly memory: number
  readonly disk: number
}

/** The system of this machine with an empty home; resources as in the reference. */
export const defaultTemplate: SandboxTemplate = { name: 'default', cpu: 2, memory: 4, disk: 10 }

/** The one organization of a local engine; clients require an id but do not use it. */
export const organizationId = '00000000-0000-4000-8000-000000000001'
export const localTarget = 'local'
export const localClass = 'container'

const storedSandboxSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  snapshot: z.string(),
  env: z.record(z.string(), z.string()),
  /** Default variables that this sandbox does not have. */
  unsetEnv: z.array(z.string()).default([]),
  labels: z.record(z.string(), z.string()),
  public: z.boolean(),
  /** Network policy: what the sandbox may reach. */
  network: networkPolicySchema,
  cpu: z.number(),
  memory: z.number(),
  disk: z.number(),
  autoStopInterval: z.number().int(),
  autoArchiveInterval: z.number().int(),
  autoDeleteInterval: z.number().int(),
  /** When the sandbox is deleted, whatever its state. */
  autoDestroyAt: z.string().nullable().default(null),
  desired: z.enum(['started', 'stopped', 'destroyed']),
  /** The preview token; new at each start. */
  authToken: z.string(),
  /** The sandbox that this one was forked from. */
  forkedFrom: z.uuid().nullable().default(null),
  /** Key for signed links to files; null until a client requests it. Restarts do not change it. */
  signingKey: z.string().nullable().default(null),
  /** Revoked preview tokens; each is stored until it would have expired (Unix seconds). */
  revokedPreviews: z.array(z.object({ token: z.string(), until: z.number() })).default([]),
  /** Addresses of links to ports; see `PreviewAddresses`. */
  previewAddresses: z.array(z.object({ port: z.number(), address: z.ipv4() })).default([]),
  createdAt: z.string(),
  updatedAt: z.string(),
  lastActivityAt: z.string(),
  /** When the sandbox stopped; null while it is not stopped. */
  stoppedAt: z.string().nullable(),
  /**
   * The home is in the sandbox's archive and not in its folder; null otherwise. Saved before the folder is removed, and
   * reset after the files are restored, so that one of the two is complete at any moment.
   */
  archive: z
    .object({
      at: z.string(),
      /** Space that the restored files need; null when unknown. */
      homeBytes: z.number().nullable(),
    })
    .nullable()
    .default(null),
  /** The reason of the last stop, or of the deletion in progress. */
  lastStop: lastStopSchema.nullable().default(null),
})

/** Units as in the DTO: minutes, cores, GiB. `desired` is the state requested last. */
export const sandboxRecordSchema = z.preprocess(migrateNetwork, storedSandboxSchema)
export type SandboxRecord = z.infer<typeof sandboxRecordSchema>

/** Records from before network policies only have `networkBlockAll`. */
function migrateNetwork(record: unknown): unknown {
  if (typeof record !== 'object' || record === null || !('networkBlockAll' in record)) return record
  const { networkBlockAll, ...rest } = record
  return { network: networkBlockAll ? { kind: 'none', allowList: [] } : defaultNetworkPolicy, ...rest }
}

/** A record for a create request that was already checked. */
export function newRecord(id: string, request: CreateSandboxRequest, template = defaultTemplate): SandboxRecord {
  return {
    id,
    name: request.name || id,
    snapshot: template.name,
    env: request.env ?? {},
    unsetEnv: [],
    labels: request.labels ?? {},
    public: request.public ?? false,
    network: requestedNetworkPolicy(request) ?? defaultNetworkPolicy,
    cpu: request.cpu ?? template.cpu,
    memory: request.memory ?? template.memory,
    disk: request.disk ?? template.disk,
    autoStopInterval: request.autoStopInterval ?? defaults.autoStopInterval,
    autoArchiveInterval: request.autoArchiveInterval ?? defaults.autoArchiveInterval,
    autoDeleteInterval: request.autoDeleteInterval ?? defaults.autoDeleteInterval,
    autoDestroyAt: destroyTime(request.ttlMinutes ?? 0),
    forkedFrom: null,
    ...initialState(),
  }
}

/** A fork keeps everything but the identity, including the expiry time of the original. */
export function forkedRecord(id: string, original: SandboxRecord, name: string | null): SandboxRecord {
  return { ...original, id, name: name || id, forkedFrom: original.id, ...initialState() }
}

function initialState(): Pick<
  SandboxRecord,
  | 'desired'
  | 'authToken'
  | 'signingKey'
  | 'revokedPreviews'
  | 'previewAddresses'
  | 'createdAt'
  | 'updatedAt'
  | 'lastActivityAt'
  | 'stoppedAt'
  | 'archive'
  | 'lastStop'
> {
  const now = new Date().toISOString()
  return {
    desired: 'started',
    authToken: newAuthToken(),
    signingKey: null,
    revokedPreviews: [],
    previewAddresses: [],
    createdAt: now,
    updatedAt: now,
    lastActivityAt: now,
    stoppedAt: null,
    archive: null,
    lastStop: null,
  }
}

/** When a time to live that starts now expires; 0 minutes means never. */
export function destroyTime(ttlMinutes: number): string | null {
  return ttlMinutes === 0 ? null : new Date(Date.now() + ttlMinutes * 60_000).toISOString()
}

/** 32 lower-case characters, as in the reference. */
export function newAuthToken(): string {
  return randomBytes(16).toString('hex')
}

/** A sandbox that failed to start can be retried; its files are unchanged. */
export function isRecoverable(state: SandboxState): boolean {
  return state === 'error'
}
