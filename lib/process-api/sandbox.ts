/** Wire schemas of the control plane: the sandbox DTO, its list, and the bodies that change it. */
import { z } from 'zod'
import { networkPolicy, networkPolicyKind, requestedPolicy } from './network-policy'

export const sandboxState = z.enum([
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
export type SandboxState = z.infer<typeof sandboxState>

/**
 * What holds a sandbox to its resources. `sandbox`: all that runs in it together; `process`: each of its processes
 * alone; `none`: nothing does, and the number in the DTO is a wish.
 */
export const limitsReport = z.object({
  by: z.enum(['cgroup v2', 'cgroup v1', 'rlimits', 'none']),
  memory: z.enum(['sandbox', 'process', 'none']),
  cpu: z.enum(['sandbox', 'none']),
  /** How many processes and threads the sandbox may have at a time; null where nothing limits them. */
  processes: z.number().int().positive().nullable(),
  disk: z.enum(['none']),
  /** Why there are no control groups, one plain sentence; absent where there are. */
  message: z.string().optional(),
})
export type LimitsReport = z.infer<typeof limitsReport>

/** How a sandbox is kept apart from its host. `warnings` are plain sentences that a person must see. */
export const isolationReport = z.object({
  kind: z.enum(['bubblewrap', 'none']),
  network: z.enum(['private', 'shared', 'blocked']),
  /** What it can reach now, which `network` alone does not tell. Absent where an engine from before made the sandbox. */
  networkPolicy: networkPolicy
    .extend({
      /** Why another policy is in force than was asked for, one plain sentence; absent where none is. */
      message: z.string().optional(),
    })
    .optional(),
  warnings: z.array(z.string()),
  /** Absent where an engine from before it limited anything made the sandbox. */
  limits: limitsReport.optional(),
})
export type IsolationReport = z.infer<typeof isolationReport>

/**
 * Why a sandbox stopped last, or is being deleted: what the engine saw or did, never a guess. `person`: a call of the
 * API asked for it; `toolbox-died`: its toolbox ended by itself and was started again; `toolbox-silent`: the same, because
 * it did not answer any more; `memory`: the same, by the memory limit; `disk`: it filled the disk into the reserve of the
 * engine; `failed`: it could not be made; `lost`: it did not run any more when the engine started, and nobody saw it end.
 */
export const stopReason = z.enum([
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
export type StopReason = z.infer<typeof stopReason>
export const lastStop = z.object({
  reason: stopReason,
  /** ISO 8601. */
  at: z.string(),
  /** One plain sentence. */
  message: z.string(),
})
export type LastStop = z.infer<typeof lastStop>

/**
 * What the engine saw and did of a toolbox that did not answer. `silent`: now, and requests are refused until it answers
 * or was restarted; `resumed`: a signal had stopped it; `restarted`: it had ended, or was ended for its silence.
 */
export const toolboxNotice = z.object({
  kind: z.enum(['silent', 'resumed', 'restarted']),
  /** ISO 8601. */
  at: z.string(),
  /** One plain sentence. */
  message: z.string(),
})
export type ToolboxNotice = z.infer<typeof toolboxNotice>
/** What a sandbox takes of the disk, in bytes of blocks: holes count nothing. */
export const diskUsage = z.object({
  homeBytes: z.number().int(),
  /** With its /tmp and what is recorded of its executions. */
  totalBytes: z.number().int(),
  measuredAt: z.string(),
})
export type DiskUsage = z.infer<typeof diskUsage>

/** A copy of a home that is being made from this sandbox, or put into it. */
export const copyProgress = z.object({
  action: z.enum(['fork', 'snapshot', 'restore']),
  copiedBytes: z.number().int(),
  /** About how many there will be; null where that is not known. */
  totalBytes: z.number().int().nullable(),
  startedAt: z.string(),
})
export type CopyProgress = z.infer<typeof copyProgress>

/** Units: cpu cores, memory and disk GiB, intervals minutes. Optional fields are left out rather than sent odd. */
export const sandboxDto = z.looseObject({
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
  networkPolicy: networkPolicyKind.optional(),
  target: z.string(),
  cpu: z.number(),
  gpu: z.number(),
  memory: z.number(),
  disk: z.number(),
  state: sandboxState.optional(),
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
  isolation: isolationReport.optional(),
  /** Sandglass extension; absent until it stopped for the first time. */
  lastStop: lastStop.optional(),
  /** Sandglass extension; absent while its toolbox did nothing unusual since the sandbox was started. */
  toolboxNotice: toolboxNotice.optional(),
  /** Sandglass extension; absent until it was measured for the first time. */
  diskUsage: diskUsage.optional(),
  /** Sandglass extension; absent while nothing is copied. */
  copy: copyProgress.optional(),
})
export type SandboxDto = z.infer<typeof sandboxDto>

/** A list item lacks `env` (that is how clients tell it from a full DTO). */
export const sandboxListItem = sandboxDto.omit({ env: true })
export type SandboxListItem = z.infer<typeof sandboxListItem>

export const sandboxPage = z.object({ items: z.array(sandboxListItem), nextCursor: z.string().nullable() })
export type SandboxPage = z.infer<typeof sandboxPage>

/** Ten years: a time to live beyond that is a mistake. */
export const longestTtlMinutes = 5_256_000

/** Numbers and flags that control-plane routes take as parts of their path. */
export const ttlMinutes = z.coerce.number().int().min(0).max(longestTtlMinutes)
export const pauseMinutes = z.coerce.number().int().min(0)
/** Of auto-stop, auto-archive and auto-delete: up to a year, and -1. */
const longestIntervalMinutes = 525_600
export const intervalMinutes = z.coerce.number().int().min(-1).max(longestIntervalMinutes)
export const publicFlag = z.enum(['true', 'false'])

/** Query of `POST /sandbox/{id}/recover`. */
export const recoverQuery = z.object({ skipStart: z.enum(['true', 'false']).default('false') })

const labels = z.record(z.string().max(256), z.string().max(1024))
const minutes = z.number().int().max(longestIntervalMinutes)
/** Whole: Python clients refuse a sandbox, and with it a whole list, with half a core. */
const amount = z.number().int().positive()

/** See `requestedNetworkPolicy`. */
const networkFields = {
  networkBlockAll: z.boolean().nullish(),
  networkAllowList: z.string().nullish(),
  domainAllowList: z.string().nullish(),
  networkPolicy: requestedPolicy.nullish(),
}

export const createSandboxRequest = z.looseObject({
  name: z.string().nullish(),
  /** Id or name. */
  snapshot: z.string().nullish(),
  user: z.string().nullish(),
  env: z.record(z.string(), z.string()).nullish(),
  labels: labels.nullish(),
  public: z.boolean().nullish(),
  target: z.string().nullish(),
  cpu: amount.nullish(),
  memory: amount.nullish(),
  disk: amount.nullish(),
  autoStopInterval: minutes.min(0).nullish(),
  autoArchiveInterval: minutes.min(0).nullish(),
  autoDeleteInterval: minutes.nullish(),
  /** Minutes from the creation to the deletion, whatever happens in between; 0 for none. */
  ttlMinutes: minutes.min(0).max(longestTtlMinutes).nullish(),
  ...networkFields,
})
export type CreateSandboxRequest = z.infer<typeof createSandboxRequest>

/** At least one of the three; what is left out stays as it is. */
export const resizeRequest = z.object({ cpu: amount.nullish(), memory: amount.nullish(), disk: amount.nullish() })

export const networkSettingsRequest = z.object(networkFields)

export const forkRequest = z.object({ name: z.string().nullish() })

export const labelsRequest = z.object({ labels })

export const previewUrl = z.object({ sandboxId: z.string(), url: z.string(), token: z.string() })
export type PreviewUrl = z.infer<typeof previewUrl>

/** Answer of `toolbox-proxy-url` and `build-logs-url`. */
export const urlAnswer = z.object({ url: z.string() })

/** The label from which SDKs take the language of a code run. */
export const languageLabel = 'code-toolbox-language'
