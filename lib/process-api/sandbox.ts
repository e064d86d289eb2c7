/** Wire schemas of the control plane: the sandbox DTO, its list, and the bodies that change it. */
import { z } from 'zod'
import { networkPolicyKindSchema, networkPolicySchema, requestedPolicySchema } from './network-policy'

export const sandboxStateSchema = z.enum([
  'creating',
  'restoring',
  'destroyed',
  'destroying',
  'started',
  'stopped',
  'starting',
  'stopping',
  'error',
  'build_failed',
  'pending_build',
  'building_snapshot',
  'unknown',
  'pulling_snapshot',
  'archived',
  'archiving',
  'resizing',
  'snapshotting',
  'forking',
  'pausing',
  'paused',
  'resuming',
])
export type SandboxState = z.infer<typeof sandboxStateSchema>

/**
 * What holds a sandbox to its resources. `sandbox`: all that runs in it together; `process`: each of its processes
 * alone; `none`: nothing does, and the number in the DTO is a wish.
 */
export const limitsReportSchema = z.object({
  by: z.enum(['cgroup v2', 'cgroup v1', 'rlimits', 'none']),
  memory: z.enum(['sandbox', 'process', 'none']),
  cpu: z.enum(['sandbox', 'none']),
  /** How many processes and threads the sandbox may have at a time; null where nothing limits them. */
  processes: z.number().int().positive().nullable(),
  disk: z.enum(['none']),
  /** Why there are no control groups, one plain sentence; absent where there are. */
  message: z.string().optional(),
})
export type LimitsReport = z.infer<typeof limitsReportSchema>

/** How a sandbox is kept apart from its host. `warnings` are plain sentences that a person must see. */
export const isolationReportSchema = z.object({
  kind: z.enum(['bubblewrap', 'none']),
  network: z.enum(['private', 'shared', 'blocked']),
  /** What it can reach now, which `network` alone does not tell. Absent where an engine from before made the sandbox. */
  networkPolicy: networkPolicySchema
    .extend({
      /** Why another policy is in force than was asked for, one plain sentence; absent where none is. */
      message: z.string().optional(),
    })
    .optional(),
  warnings: z.array(z.string()),
  /** Absent where an engine from before it limited anything made the sandbox. */
  limits: limitsReportSchema.optional(),
})
export type IsolationReport = z.infer<typeof isolationReportSchema>

/**
 * Why a sandbox stopped last, or is being deleted: what the engine saw or did, never a guess. `person`: a call of the
 * API asked for it; `toolbox-died`: its toolbox ended by itself and was started again; `toolbox-silent`: the same, because
 * it did not answer any more; `memory`: the same, by the memory limit; `disk`: it filled the disk into the reserve of the
 * engine; `failed`: it could not be made; `lost`: it did not run any more when the engine started, and nobody saw it end.
 */
export const stopReasonSchema = z.enum([
  'person',
  'idle',
  'ttl',
  'auto-delete',
  'engine-stopped',
  'toolbox-died',
  'toolbox-silent',
  'memory',
  'disk',
  'failed',
  'lost',
])
export type StopReason = z.infer<typeof stopReasonSchema>
export const lastStopSchema = z.object({
  reason: stopReasonSchema,
  /** ISO 8601. */
  at: z.string(),
  /** One plain sentence. */
  message: z.string(),
})
export type LastStop = z.infer<typeof lastStopSchema>

/**
 * What the engine saw and did of a toolbox that did not answer. `silent`: now, and requests are refused until it answers
 * or was restarted; `resumed`: a signal had stopped it; `restarted`: it had ended, or was ended for its silence.
 */
export const toolboxNoticeSchema = z.object({
  kind: z.enum(['silent', 'resumed', 'restarted']),
  /** ISO 8601. */
  at: z.string(),
  /** One plain sentence. */
  message: z.string(),
})
export type ToolboxNotice = z.infer<typeof toolboxNoticeSchema>
/** What a sandbox takes of the disk, in bytes of blocks: holes count nothing. */
export const diskUsageSchema = z.object({
  homeBytes: z.number().int(),
  /** With its /tmp and what is recorded of its executions. */
  totalBytes: z.number().int(),
  measuredAt: z.string(),
})
export type DiskUsage = z.infer<typeof diskUsageSchema>

/** A copy of a home that is being made from this sandbox, or put into it. */
export const copyProgressSchema = z.object({
  action: z.enum(['fork', 'snapshot', 'archive', 'restore']),
  copiedBytes: z.number().int(),
  /** About how many there will be; null where that is not known. */
  totalBytes: z.number().int().nullable(),
  startedAt: z.string(),
})
export type CopyProgress = z.infer<typeof copyProgressSchema>

/** Units: cpu cores, memory and disk GiB, intervals minutes. Optional fields are left out rather than sent odd. */
export const sandboxDtoSchema = z.looseObject({
  id: z.string(),
  organizationId: z.string(),
  name: z.string(),
  snapshot: z.string().optional(),
  user: z.string(),
  env: z.record(z.string(), z.string()),
  labels: z.record(z.string(), z.string()),
  public: z.boolean(),
  networkBlockAll: z.boolean(),
  /** Networks, separated by commas; absent where there is no such list. */
  networkAllowList: z.string().optional(),
  /** Sandglass extension: what was asked for. `isolation.networkPolicy` tells what is in force. */
  networkPolicy: networkPolicyKindSchema.optional(),
  target: z.string(),
  cpu: z.number(),
  gpu: z.number(),
  memory: z.number(),
  disk: z.number(),
  state: sandboxStateSchema.optional(),
  desiredState: z.string().optional(),
  errorReason: z.string().optional(),
  recoverable: z.boolean().optional(),
  backupState: z.string().optional(),
  autoStopInterval: z.number().optional(),
  autoPauseInterval: z.number().optional(),
  autoArchiveInterval: z.number().optional(),
  autoDeleteInterval: z.number().optional(),
  /** When it is deleted whatever its state; absent where it has no time to live. */
  autoDestroyAt: z.string().optional(),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
  lastActivityAt: z.string().optional(),
  sandboxClass: z.string().optional(),
  daemonVersion: z.string().optional(),
  kvm: z.boolean().optional(),
  toolboxProxyUrl: z.string(),
  /** Sandglass extension. */
  isolation: isolationReportSchema.optional(),
  /** Sandglass extension; absent until it stopped for the first time. */
  lastStop: lastStopSchema.optional(),
  /** Sandglass extension; absent while its toolbox did nothing unusual since the sandbox was started. */
  toolboxNotice: toolboxNoticeSchema.optional(),
  /** Sandglass extension; absent until it was measured for the first time. */
  diskUsage: diskUsageSchema.optional(),
  /** Sandglass extension; absent while nothing is copied. */
  copy: copyProgressSchema.optional(),
})
export type SandboxDto = z.infer<typeof sandboxDtoSchema>

/** A list item lacks `env` (that is how clients tell it from a full DTO). */
export const sandboxListItemSchema = sandboxDtoSchema.omit({ env: true })
export type SandboxListItem = z.infer<typeof sandboxListItemSchema>

export const sandboxPageSchema = z.object({ items: z.array(sandboxListItemSchema), nextCursor: z.string().nullable() })
export type SandboxPage = z.infer<typeof sandboxPageSchema>

/** Ten years: a time to live beyond that is a mistake. */
export const longestTtlMinutes = 5_256_000

/** Numbers and flags that control-plane routes take as parts of their path. */
export const ttlMinutesSchema = z.coerce.number().int().min(0).max(longestTtlMinutes)
export const pauseMinutesSchema = z.coerce.number().int().min(0)
/** Of auto-stop, auto-archive and auto-delete: up to a year, and -1. */
const longestIntervalMinutes = 525_600
export const intervalMinutesSchema = z.coerce.number().int().min(-1).max(longestIntervalMinutes)
export const publicFlagSchema = z.enum(['true', 'false'])

/** Query of `POST /sandbox/{id}/recover`. */
export const recoverQuerySchema = z.object({ skipStart: z.enum(['true', 'false']).default('false') })

const labelsSchema = z.record(z.string().max(256), z.string().max(1024))
const minutesSchema = z.number().int().max(longestIntervalMinutes)
/** Whole: Python clients refuse a sandbox, and with it a whole list, with half a core. */
const amountSchema = z.number().int().positive()

/** See `requestedNetworkPolicy`. */
const networkFields = {
  networkBlockAll: z.boolean().nullish(),
  networkAllowList: z.string().nullish(),
  domainAllowList: z.string().nullish(),
  networkPolicy: requestedPolicySchema.nullish(),
}

export const createSandboxRequestSchema = z.looseObject({
  name: z.string().nullish(),
  /** Id or name. */
  snapshot: z.string().nullish(),
  user: z.string().nullish(),
  env: z.record(z.string(), z.string()).nullish(),
  labels: labelsSchema.nullish(),
  public: z.boolean().nullish(),
  target: z.string().nullish(),
  cpu: amountSchema.nullish(),
  memory: amountSchema.nullish(),
  disk: amountSchema.nullish(),
  autoStopInterval: minutesSchema.min(0).nullish(),
  autoArchiveInterval: minutesSchema.min(0).nullish(),
  autoDeleteInterval: minutesSchema.nullish(),
  /** Minutes from the creation to the deletion, whatever happens in between; 0 for none. */
  ttlMinutes: minutesSchema.min(0).max(longestTtlMinutes).nullish(),
  ...networkFields,
})
export type CreateSandboxRequest = z.infer<typeof createSandboxRequestSchema>

/** At least one of the three; what is left out stays as it is. */
export const resizeRequestSchema = z.object({
  cpu: amountSchema.nullish(),
  memory: amountSchema.nullish(),
  disk: amountSchema.nullish(),
})

export const networkSettingsRequestSchema = z.object(networkFields)

export const forkRequestSchema = z.object({ name: z.string().nullish() })

export const labelsRequestSchema = z.object({ labels: labelsSchema })

export const previewUrlSchema = z.object({ sandboxId: z.string(), url: z.string(), token: z.string() })
export type PreviewUrl = z.infer<typeof previewUrlSchema>

/** Answer of `toolbox-proxy-url` and `build-logs-url`. */
export const urlResponseSchema = z.object({ url: z.string() })
