/** Wire schemas of the control plane: the sandbox DTO, its list, and the bodies that change it. */
import { z } from 'zod'

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

/** How a sandbox is kept apart from its host. `warnings` are plain sentences that a person must see. */
export const isolationReport = z.object({
  kind: z.enum(['bubblewrap', 'none']),
  network: z.enum(['private', 'shared', 'blocked']),
  warnings: z.array(z.string()),
})
export type IsolationReport = z.infer<typeof isolationReport>

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
  target: z.string(),
  cpu: z.number(),
  gpu: z.number(),
  memory: z.number(),
  disk: z.number(),
  state: sandboxState.optional(),
  desiredState: z.string().optional(),
  errorReason: z.string().optional(),
  recoverable: z.boolean().optional(),
  autoStopInterval: z.number().optional(),
  autoArchiveInterval: z.number().optional(),
  autoDeleteInterval: z.number().optional(),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
  lastActivityAt: z.string().optional(),
  toolboxProxyUrl: z.string(),
  /** Sandglass extension. */
  isolation: isolationReport.optional(),
})
export type SandboxDto = z.infer<typeof sandboxDto>

/** A list item lacks `env` (that is how clients tell it from a full DTO). */
export const sandboxListItem = sandboxDto.omit({ env: true })
export type SandboxListItem = z.infer<typeof sandboxListItem>

export const sandboxPage = z.object({ items: z.array(sandboxListItem), nextCursor: z.string().nullable() })
export type SandboxPage = z.infer<typeof sandboxPage>

const labels = z.record(z.string().max(256), z.string().max(1024))
const minutes = z.number().int()

export const createSandboxRequest = z.looseObject({
  name: z.string().nullish(),
  snapshot: z.string().nullish(),
  user: z.string().nullish(),
  env: z.record(z.string(), z.string()).nullish(),
  labels: labels.nullish(),
  public: z.boolean().nullish(),
  target: z.string().nullish(),
  cpu: z.number().positive().nullish(),
  memory: z.number().positive().nullish(),
  disk: z.number().positive().nullish(),
  autoStopInterval: minutes.min(0).nullish(),
  autoArchiveInterval: minutes.min(0).nullish(),
  autoDeleteInterval: minutes.nullish(),
  networkBlockAll: z.boolean().nullish(),
})
export type CreateSandboxRequest = z.infer<typeof createSandboxRequest>

export const labelsRequest = z.object({ labels })

export const previewUrl = z.object({ sandboxId: z.string(), url: z.string(), token: z.string() })
export type PreviewUrl = z.infer<typeof previewUrl>

/** The label from which SDKs take the language of a code run. */
export const languageLabel = 'code-toolbox-language'
