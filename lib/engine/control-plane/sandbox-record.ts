/** What is kept of a sandbox on disk, and how it looks on the wire (process API 3.2). */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type {
  CreateSandboxRequest,
  IsolationReport,
  SandboxDto,
  SandboxListItem,
  SandboxState,
} from '@/lib/process-api/sandbox'

/** Defaults of the reference: 2 cores, 4 GiB memory, 10 GiB disk, stop after 15 min idle, never deleted by itself. */
const defaults = {
  cpu: 2,
  memory: 4,
  disk: 10,
  autoStopInterval: 15,
  autoArchiveInterval: 10_080,
  autoDeleteInterval: -1,
}

/** The one organization of a local engine; clients need an id and do nothing with it. */
const organizationId = '00000000-0000-4000-8000-000000000001'

/** Units as in the DTO: minutes, cores, GiB. `desired` is what a person asked for last. */
export const sandboxRecord = z.object({
  id: z.uuid(),
  name: z.string(),
  snapshot: z.string(),
  env: z.record(z.string(), z.string()),
  labels: z.record(z.string(), z.string()),
  public: z.boolean(),
  networkBlockAll: z.boolean(),
  cpu: z.number(),
  memory: z.number(),
  disk: z.number(),
  autoStopInterval: z.number().int(),
  autoArchiveInterval: z.number().int(),
  autoDeleteInterval: z.number().int(),
  desired: z.enum(['started', 'stopped', 'destroyed']),
  /** The preview token; new at each start. */
  authToken: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  lastActivityAt: z.string(),
  /** Since when it is stopped; null while it is not. */
  stoppedAt: z.string().nullable(),
})
export type SandboxRecord = z.infer<typeof sandboxRecord>

/** What is true now and not kept. */
export interface SandboxNow {
  state: SandboxState
  errorReason: string | null
  isolation: IsolationReport
}

/** A record for a create request that was checked already. */
export function newRecord(id: string, request: CreateSandboxRequest): SandboxRecord {
  const now = new Date().toISOString()
  return {
    id,
    name: request.name || id,
    snapshot: request.snapshot || 'default',
    env: request.env ?? {},
    labels: request.labels ?? {},
    public: request.public ?? false,
    networkBlockAll: request.networkBlockAll ?? false,
    cpu: request.cpu ?? defaults.cpu,
    memory: request.memory ?? defaults.memory,
    disk: request.disk ?? defaults.disk,
    autoStopInterval: request.autoStopInterval ?? defaults.autoStopInterval,
    autoArchiveInterval: request.autoArchiveInterval ?? defaults.autoArchiveInterval,
    autoDeleteInterval: request.autoDeleteInterval ?? defaults.autoDeleteInterval,
    desired: 'started',
    authToken: newAuthToken(),
    createdAt: now,
    updatedAt: now,
    lastActivityAt: now,
    stoppedAt: null,
  }
}

/** 32 lower-case characters, as the reference makes them. */
export function newAuthToken(): string {
  return randomBytes(16).toString('hex')
}

export function toDto(record: SandboxRecord, now: SandboxNow, toolboxProxyUrl: string): SandboxDto {
  return { ...toListItem(record, now, toolboxProxyUrl), env: record.env }
}

/** A list item is the DTO without `env`: that is how clients tell the two apart. */
export function toListItem(record: SandboxRecord, now: SandboxNow, toolboxProxyUrl: string): SandboxListItem {
  return {
    id: record.id,
    organizationId,
    name: record.name,
    snapshot: record.snapshot,
    user: 'daytona',
    labels: record.labels,
    public: record.public,
    networkBlockAll: record.networkBlockAll,
    // Python clients of 0.226 refuse a sandbox without it.
    kvm: false,
    target: 'local',
    cpu: record.cpu,
    gpu: 0,
    memory: record.memory,
    disk: record.disk,
    state: now.state,
    desiredState: record.desired,
    ...(now.errorReason === null ? {} : { errorReason: now.errorReason }),
    recoverable: false,
    backupState: 'None',
    autoStopInterval: record.autoStopInterval,
    autoArchiveInterval: record.autoArchiveInterval,
    autoDeleteInterval: record.autoDeleteInterval,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
    lastActivityAt: record.lastActivityAt,
    sandboxClass: 'container',
    daemonVersion: '0.190.0',
    toolboxProxyUrl,
    isolation: now.isolation,
  }
}
